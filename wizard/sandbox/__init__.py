"""A cloud to practise on: OneFlow, oned and OneGate as servers on loopback."""

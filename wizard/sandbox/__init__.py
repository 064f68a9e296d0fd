"""A cloud to practise on: a server that speaks OneFlow, oned and OneGate on loopback."""

"""Network faults: every step of a deployment and of each action, under every fault, in one table."""

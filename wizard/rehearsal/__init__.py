"""Real Flower on this machine: the sandbox's VMs as local processes, and a run that shows who trains on what."""

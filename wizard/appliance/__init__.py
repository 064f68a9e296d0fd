"""What runs inside the VMs: the guest, one file that becomes a SuperLink or a SuperNode."""

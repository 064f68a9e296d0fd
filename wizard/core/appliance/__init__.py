"""The appliance as objects of OpenNebula: what carries the guest into a VM, its VM templates, and images that fit."""

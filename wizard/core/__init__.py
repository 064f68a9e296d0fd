"""Plans, templates, rules, states and partitions. Pure: no I/O, no clock."""

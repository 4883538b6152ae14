"""The docreel command: a client of the gateway, and of nothing else."""

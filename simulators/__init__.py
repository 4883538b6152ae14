"""Stand-ins for services that cost money: they are spoken to over the wire, and by nothing else."""

"""The gateway's statements, by resource. Each runs as the caller, under row-level security."""

"""All five services in one deterministic process: virtual time, seeded chance, faults."""

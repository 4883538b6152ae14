"""A stand-in for Gemini's HTTP interface: files, quotas, answers by task, and faults on demand."""

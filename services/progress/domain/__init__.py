"""Pure rules of progress: no broker, no database, no clock."""

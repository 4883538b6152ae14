"""The database port on PostgreSQL: pool, transactions, ledger and outbox."""

"""A double of a Supabase project: Auth and Storage over HTTP, as real ones were recorded to answer.

It has no database: rows are in whatever PostgreSQL the migrations were applied to. It keeps what it
is given in memory, and forgets it when it ends.
"""

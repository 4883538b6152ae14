"""What a translation is, without an engine or a database."""

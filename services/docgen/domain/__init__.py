"""What docgen knows without a database, a video or a model."""

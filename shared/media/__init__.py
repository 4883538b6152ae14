"""What is in a media file, and how it is cut and shown."""

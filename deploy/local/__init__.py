"""The servers of a machine without containers: a private PostgreSQL and a private RabbitMQ."""

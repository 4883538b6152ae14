"""What goes over the wire, in and out, by resource: the models that OpenAPI shows."""

"""The services' common code: events, routes, errors and formats."""

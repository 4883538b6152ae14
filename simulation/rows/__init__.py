"""Each service's rows on a world in memory."""

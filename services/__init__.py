"""The five services: each its own process, image and set of dependencies."""

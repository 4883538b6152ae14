"""The API's version, as OpenAPI and the configuration tell it."""

VERSION = "0.2.0"

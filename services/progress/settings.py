"""What the progress service is told by its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """As every service; what has arrived is written together, up to so many events."""

    prefetch: int | None = Field(default=200, ge=1)

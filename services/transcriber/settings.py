"""What the transcriber is told by its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service is told, and how long a window is."""

    window_seconds: float = Field(default=600, gt=0)

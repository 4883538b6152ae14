"""What the gateway is told by its environment."""

from pathlib import Path
from uuid import UUID

from pydantic import Field
from pydantic_settings import BaseSettings

from shared.settings import SOURCES


class Settings(BaseSettings):
    """Read from the environment variables of the same names."""

    model_config = SOURCES

    amqp_url: str
    database_url: str
    database_role: str = Field(
        default="service_role", description="whose rights the gateway has beside its callers'"
    )
    storage_dir: Path = Field(description="the folder that storage paths are relative to")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    max_upload_bytes: int = Field(default=20 * 1024**3, ge=1)
    grace_seconds: int = Field(default=10, ge=0, description="for requests in hand on SIGTERM")
    pool_size: int = Field(default=10, ge=2, description="connections to the database")
    pooler: bool = Field(
        default=False, description="DATABASE_URL is a transaction-mode pooler (Supabase's 6543)"
    )
    # Without accounts, everybody who reaches the gateway is this one user.
    local_user_id: UUID = UUID("00000000-0000-4000-8000-000000000001")
    local_organization: str = Field(default="Local", min_length=1)
    local_project: str = Field(default="My videos", min_length=1)

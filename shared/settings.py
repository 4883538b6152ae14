"""What every worker is told by its environment."""

from pydantic import Field, SecretStr

from shared.storage_settings import StorageSettings


class ServiceSettings(StorageSettings):
    """Read from the environment variables of the same names; a service may add its own."""

    amqp_url: str
    database_url: str
    database_role: str = Field(
        default="service_role", description="whose rights the service has in the database"
    )
    prefetch: int | None = Field(
        default=None, ge=1, description="messages worked on side by side; none: as the engine needs"
    )
    gemini_api_key: SecretStr | None = Field(default=None, description="none: the offline engine")
    gemini_model: str = "gemini-3.8-flash"
    gemini_base_url: str | None = Field(default=None, description="none: the service itself")
    gemini_requests_per_minute: int | None = Field(
        default=None, ge=1, description="over all replicas; none: until the service refuses"
    )
    gemini_tokens_per_minute: int | None = Field(
        default=None, ge=1, description="over all replicas; none: until the service refuses"
    )
    gemini_daily_wait: float | None = Field(
        default=None, gt=0, description="seconds until a used-up day is over; none: its midnight"
    )
    retry_longest_seconds: float = Field(
        default=600, ge=1, description="between two attempts at what fails in passing"
    )
    lease_seconds: float = Field(default=30, gt=0)
    grace_seconds: float = Field(default=60, ge=0, description="for work in hand on SIGTERM")
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535, description="0: no health endpoint")
    pooler: bool = Field(
        default=False, description="DATABASE_URL is a transaction-mode pooler (Supabase's 6543)"
    )

    @property
    def side_by_side(self) -> int:
        """How many messages one process works on: a remote engine's calls only wait."""
        return self.prefetch or (16 if self.gemini_api_key else 1)

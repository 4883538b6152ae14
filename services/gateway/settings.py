"""What the gateway is told by its environment, and the sentences for what is told wrongly."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator

from shared.storage_settings import StorageSettings

_HOUR = 3600.0  # seconds


class SignUp(StrEnum):
    """What somebody finds at their first log-in who belongs to no organization."""

    OWN_ORGANIZATION = "own_organization"
    INVITED = "invited"
    CLOSED = "closed"


class Settings(StorageSettings):
    """Read from the environment variables of the same names; lists are JSON."""

    amqp_url: str
    database_url: str
    database_role: str = Field(
        default="service_role", description="whose rights the gateway has beside its callers'"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    health_host: str = "127.0.0.1"
    health_port: int = Field(
        default=0, ge=0, le=65535, description="for probes and Prometheus, unpublished; 0: none"
    )
    grace_seconds: int = Field(default=10, ge=0, description="for requests in hand on SIGTERM")
    pool_size: int = Field(default=10, ge=2, description="connections to the database")
    pooler: bool = Field(
        default=False, description="DATABASE_URL is a transaction-mode pooler (Supabase's 6543)"
    )

    max_upload_bytes: int = Field(default=20 * 1024**3, ge=1)
    max_body_bytes: int = Field(default=4 * 1024**2, ge=1024, description="of any other request")
    requests_per_minute: int | None = Field(
        default=None, ge=0, description="for each user; 0: no limit; none: 1200 where users log in"
    )
    cors_origins: list[str] = Field(
        default=[], description='other sites whose pages may call, as ["https://app.example"]'
    )
    media_link_seconds: float = Field(
        default=6 * _HOUR, gt=0, description="how long a link to a video's file works"
    )
    keep_uploads_days: float = Field(
        default=7, gt=0, description="how long an upload that does not go on is kept"
    )
    keep_results_days: float = Field(
        default=180, gt=0, description="how long a picture is kept that no article shows"
    )
    web_dir: Path | None = Field(default=None, description="the built frontend, served at /")

    amqp_operator_url: str | None = Field(
        default=None, description="for dead letters, where AMQP_URL's user may not touch them"
    )
    amqp_management_url: SecretStr | None = Field(
        default=None, description="RabbitMQ's management API, with user and password in it"
    )

    webhook_private_addresses: bool = Field(
        default=False, description="webhooks may go to this network, and by plain http"
    )

    sign_up: SignUp = Field(
        default=SignUp.OWN_ORGANIZATION,
        description="who logs in gets an organization of their own, or has to be invited by an "
        "owner, or is added by who runs the installation",
    )
    supabase_publishable_key: str | None = Field(
        default=None, description="handed to frontends, that log in with it"
    )
    supabase_jwt_secret: SecretStr | None = Field(
        default=None, description="accept tokens signed with a project's legacy JWT secret (HS256)"
    )
    jwt_issuer: str | None = Field(
        default=None, description="none: SUPABASE_URL/auth/v1, as Supabase Auth has it"
    )
    jwt_audience: str = "authenticated"

    # Without accounts, everybody who reaches the gateway is this one user.
    local_user_id: UUID = UUID("00000000-0000-4000-8000-000000000001")
    local_organization: str = Field(default="Local", min_length=1)
    local_project: str = Field(default="My videos", min_length=1)

    @field_validator("amqp_management_url", "supabase_jwt_secret", "web_dir", mode="before")
    @classmethod
    def _none_when_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @property
    def accounts(self) -> bool:
        """Whether users log in, by Supabase Auth."""
        return self.supabase_url is not None

    @property
    def issuer(self) -> str:
        """Who signs the tokens."""
        return self.jwt_issuer or f"{self.supabase}/auth/v1"

    @property
    def rate(self) -> int:
        """Requests a minute that one user may make, 0 for any number."""
        if self.requests_per_minute is None:
            return 1200 if self.accounts else 0
        return self.requests_per_minute

    @model_validator(mode="after")
    def _right_keys(self) -> Self:
        if self.supabase_publishable_key and self.supabase_publishable_key.startswith("sb_secret_"):
            message = (
                "SUPABASE_PUBLISHABLE_KEY holds a secret key, which every visitor would be handed: "
                "put the key that begins with sb_publishable_ there (Project Settings > API Keys)"
            )
            raise ValueError(message)
        if self.supabase_jwt_secret is not None and not self.accounts:
            message = (
                "SUPABASE_JWT_SECRET is set and SUPABASE_URL is not: set SUPABASE_URL to the "
                "project's URL (Project Settings > Data API), or remove the secret"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _whole_origins(self) -> Self:
        for origin in self.cors_origins:
            if origin != "*" and (not AnyHttpUrl(origin).host or origin.count("/") != 2):  # noqa: PLR2004
                message = (
                    f"CORS_ORIGINS holds {origin!r}: an origin is scheme, host and port alone, "
                    "such as https://app.example"
                )
                raise ValueError(message)
        return self

"""Where objects are stored, as told by the environment: a folder, or a Supabase project."""

import base64
import json
import sys
from pathlib import Path
from typing import Any, Self

from pydantic import (
    AnyHttpUrl,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

_KEYS = "Project Settings > API Keys in Supabase's dashboard"


class StorageSettings(BaseSettings):
    """Read from the environment variables of the same names.

    Every wrong or missing one is told in a sentence that says where to find the right one.
    """

    # What a wrong setting holds may be a key: no error shows it.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    storage_dir: Path | None = Field(
        default=None, description="the folder that storage paths are relative to"
    )
    supabase_url: AnyHttpUrl | None = Field(
        default=None, description="none: no Supabase, objects lie in STORAGE_DIR"
    )
    supabase_secret_key: SecretStr | None = Field(
        default=None, description="sb_secret_..., or the legacy service_role key"
    )
    supabase_bucket: str = Field(default="docreel", min_length=1)

    @classmethod
    def of_environment(cls) -> Self:
        """Read the settings; what is wrong ends the program with a sentence for each, status 2."""
        try:
            return cls()
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                name = ".".join(map(str, one["loc"])).upper()
                said = one["msg"].removeprefix("Value error, ")
                sys.stderr.write(f"{name}: {said}\n" if name else f"{said}\n")
            raise SystemExit(2) from None

    @property
    def supabase(self) -> str:
        """The project's URL without a slash at its end; "" without a project."""
        return str(self.supabase_url or "").rstrip("/")

    @field_validator("supabase_url", "supabase_secret_key", "storage_dir", mode="before")
    @classmethod
    def _unset_when_empty(cls, value: Any) -> Any:
        # Compose files pass on what is not set as an empty string.
        return None if value == "" else value

    @model_validator(mode="before")
    @classmethod
    def _database_with_project(cls, values: Any) -> Any:
        if (
            isinstance(values, dict)
            and values.get("supabase_url")
            and not values.get("database_url")
        ):
            message = (
                "SUPABASE_URL is set and DATABASE_URL is not: set DATABASE_URL to the project's "
                "connection string (the button Connect in Supabase's dashboard, Session pooler)"
            )
            raise ValueError(message)
        return values

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        message = ""
        key = self.supabase_secret_key.get_secret_value() if self.supabase_secret_key else ""
        if self.supabase_url is None and key:
            message = (
                "SUPABASE_SECRET_KEY is set and SUPABASE_URL is not: set SUPABASE_URL to the "
                "project's URL (Project Settings > Data API in Supabase's dashboard)"
            )
        elif self.supabase_url is None and self.storage_dir is None:
            message = (
                "neither STORAGE_DIR nor SUPABASE_URL is set: set STORAGE_DIR to a folder for "
                "videos and pictures, or SUPABASE_URL to a Supabase project's URL"
            )
        elif self.supabase_url is not None and not key:
            message = (
                "SUPABASE_URL is set and SUPABASE_SECRET_KEY is not: set it to the key that "
                f"begins with sb_secret_ ({_KEYS})"
            )
        elif key.startswith("sb_publishable_") or _role(key) == "anon":
            message = (
                "SUPABASE_SECRET_KEY holds the publishable key, which may read and store nothing "
                f"here: put the key that begins with sb_secret_ there ({_KEYS})"
            )
        elif self.supabase_url is not None and not (
            key.startswith("sb_secret_") or _role(key) == "service_role"
        ):
            message = (
                "SUPABASE_SECRET_KEY is no key of Supabase's: it begins with sb_secret_, or is "
                f"the legacy service_role key ({_KEYS})"
            )
        if message:
            raise ValueError(message)
        return self


def _role(key: str) -> str:
    """Return the role of a legacy key, a JWT; not verified, since only its owner is misled."""
    parts = key.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "==="))
    except ValueError:
        return ""
    return str(claims.get("role", "")) if isinstance(claims, dict) else ""

"""Settings that are missing or wrong stop the start with a sentence that says where to look."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.settings import Settings
from simulators.supabase.server import legacy_key
from tests.support.services import ROOT

URL = "https://abc.supabase.co"
RIGHT: dict[str, Any] = {
    "amqp_url": "amqp://localhost",
    "database_url": "postgresql://localhost",
    "supabase_url": URL,
    "supabase_secret_key": "sb_secret_x",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"database_url": None}, "set DATABASE_URL to the project's connection string"),
        ({"supabase_secret_key": None}, "SUPABASE_SECRET_KEY is not: set it to the key that"),
        ({"supabase_secret_key": ""}, "SUPABASE_SECRET_KEY is not: set it to the key that"),
        ({"supabase_secret_key": "sb_publishable_x"}, "holds the publishable key"),
        ({"supabase_secret_key": legacy_key("anon")}, "holds the publishable key"),
        ({"supabase_secret_key": "secret"}, "is no key of Supabase's"),
        ({"supabase_secret_key": "a.b.c"}, "is no key of Supabase's"),
        ({"supabase_url": None}, "SUPABASE_URL is not: set SUPABASE_URL"),
        ({"supabase_url": None, "supabase_secret_key": None}, "set STORAGE_DIR to a folder"),
        ({"supabase_publishable_key": "sb_secret_x"}, "which every visitor would be handed"),
        ({"cors_origins": ["https://app.example/page"]}, "scheme, host and port alone"),
        ({"supabase_url": "abc.supabase.co"}, "URL"),
    ],
)
def test_what_is_wrong_is_told_with_where_to_find_the_right_one(
    changed: dict[str, Any], told: str
) -> None:
    given = {name: value for name, value in (RIGHT | changed).items() if value is not None}
    with pytest.raises(ValidationError) as refused:
        Settings(**given)
    assert told in str(refused.value)
    assert "sb_secret_x" not in str(refused.value)


@pytest.mark.parametrize("key", ["sb_secret_x", legacy_key("service_role")])
def test_both_kinds_of_keys_are_taken(key: str) -> None:
    settings = Settings(**(RIGHT | {"supabase_secret_key": key}))
    assert settings.accounts
    assert settings.issuer == f"{URL}/auth/v1"
    assert settings.rate > 0
    assert key not in repr(settings)


def test_without_supabase_there_is_one_local_user(tmp_path: Path) -> None:
    settings = Settings(
        amqp_url="amqp://localhost", database_url="postgresql://localhost", storage_dir=tmp_path
    )
    assert not settings.accounts
    assert settings.rate == 0


def test_the_legacy_secret_is_nothing_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="SUPABASE_JWT_SECRET is set and SUPABASE_URL is not"):
        Settings(
            amqp_url="x",
            database_url="x",
            storage_dir=tmp_path,
            supabase_jwt_secret="x" * 32,
        )


def test_a_gateway_that_is_told_wrongly_ends_with_sentences() -> None:
    environment = {"PATH": "/usr/bin:/bin", "PORT": "x", "SUPABASE_URL": URL}
    ended = subprocess.run(
        [sys.executable, "-m", "services.gateway"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "set DATABASE_URL to the project's connection string" in ended.stderr
    assert "Traceback" not in ended.stderr

"""Secrets are made once, and the broker is told only their hashes."""

import base64
import hashlib
import json
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.secrets import OWNERS, prepare
from shared.permissions import USERS, password_hash, permissions, published
from shared.routes import ROUTES, Service

ROOT = Path(__file__).resolve().parents[2]


def _prepared(folder: Path) -> dict[str, str]:
    prepare(folder, "rabbitmq:5672", "postgres:5432/docreel")
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*_url")}


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    first = _prepared(tmp_path)
    assert {f"{name}/amqp_url" for name in USERS} <= first.keys()
    assert {f"{name}/database_url" for name in OWNERS} <= first.keys()
    assert _prepared(tmp_path) == first
    (tmp_path / "docgen" / "amqp_url").unlink()
    again = _prepared(tmp_path)
    assert {name for name in first if again[name] != first[name]} == {"docgen/amqp_url"}


def test_the_broker_learns_hashes_that_fit_and_no_password(tmp_path: Path) -> None:
    urls = _prepared(tmp_path)
    text = (tmp_path / "broker" / "definitions.json").read_text()
    users = {user["name"]: user for user in json.loads(text)["users"]}
    assert users.keys() == set(USERS)
    for name, user in users.items():
        password = str(urlsplit(urls[f"{name}/amqp_url"]).password)
        assert password not in text
        salt = base64.b64decode(user["password_hash"])[:4]
        assert password_hash(password, salt) == user["password_hash"]


def test_a_hash_is_the_one_of_rabbitmqs_guide() -> None:
    salt = bytes.fromhex("908DC60A")
    expected = base64.b64encode(salt + hashlib.sha256(salt + b"test12").digest()).decode()
    assert (
        password_hash("test12", salt)
        == expected
        == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    )


@pytest.mark.parametrize("service", Service)
def test_a_service_may_publish_its_own_events_alone(service: Service) -> None:
    topic = {one["user"]: one for one in permissions()["topic_permissions"]}[service.value]
    allowed = {kind for kind in ROUTES if re.fullmatch(topic["write"].strip("^$"), kind)}
    assert allowed == set(published(service))


def test_an_image_copies_every_member_of_the_workspace() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    members = {
        str(path.parent.relative_to(ROOT))
        for pattern in project["tool"]["uv"]["workspace"]["members"]
        for path in ROOT.glob(f"{pattern}/pyproject.toml")
    }
    text = (ROOT / "deploy/images/Dockerfile").read_text()
    copied = {
        line.split()[2].rstrip("/")
        for line in text.splitlines()
        if line.startswith("COPY ") and line.split()[1].endswith("/pyproject.toml")
    }
    assert copied == members

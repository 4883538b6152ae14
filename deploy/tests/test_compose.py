"""The Compose files, as the current Compose reads them; 1.29 reads them in `make compose-test`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.routes import CONSUMERS, Service

_ROOT = Path(__file__).resolve().parents[2]
_COMPOSE = Path(sys.executable).with_name("docker-compose")
_BASE = "docker-compose.yml"
_MONITORING = "docker-compose.monitoring.yml"
_SUPABASE = "docker-compose.supabase.yml"
_PROJECT = {
    "DATABASE_URL": "postgresql://postgres.abc:secret@pooler.example:5432/postgres",
    "SUPABASE_URL": "https://abc.example",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
}
_SETTINGS = ("DOCREEL_", "GEMINI_", "SUPABASE_", "DATABASE_")


def _read(*files: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    words = [word for file in files for word in ("-f", file)]
    return subprocess.run(  # noqa: S603 - fixed words
        [_COMPOSE, *words, "--env-file", os.devnull, "config", "--format", "json"],
        cwd=_ROOT,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def _services(*files: str, **settings: str) -> dict[str, dict[str, Any]]:
    done = _read(*files, **settings)
    assert done.returncode == 0, done.stderr
    services: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return services


def _seconds(text: str) -> int:
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text).groups()  # type: ignore[union-attr]
    return int(minutes or 0) * 60 + int(seconds or 0)


def test_every_service_is_there_sealed_and_with_its_own_secrets() -> None:
    services = _services(_BASE)
    for service in Service:
        one = services[service]
        assert one["read_only"] is True, service
        assert one["cap_drop"] == ["ALL"], service
        secrets = [each for each in one["volumes"] if each["target"] == "/run/secrets"]
        assert [each["source"] for each in secrets] == [f"secrets-{service}"]
        assert secrets[0]["read_only"] is True, service


def test_a_worker_is_not_killed_before_its_grace_is_over() -> None:
    services = _services(_BASE)
    for service in CONSUMERS:
        grace = int(services[service]["environment"]["GRACE_SECONDS"])
        assert _seconds(services[service]["stop_grace_period"]) > grace, service


def test_nothing_but_the_gateway_and_the_queues_page_is_published_and_that_here_alone() -> None:
    services = _services(_BASE, _MONITORING)
    published = {
        name: port["host_ip"] for name, one in services.items() for port in one.get("ports", [])
    }
    assert published.keys() == {"gateway", "rabbitmq", "prometheus", "grafana"}
    assert set(published.values()) == {"127.0.0.1"}
    # Metrics are told on another port than the one that is published.
    assert [port["target"] for port in services["gateway"]["ports"]] == [_image_ports()["PORT"]]


def _image_ports() -> dict[str, int]:
    """The ports that the images set: where people call, and where health and metrics are."""
    text = (_ROOT / "deploy" / "images" / "Dockerfile").read_text()
    return {name: int(port) for name, port in re.findall(r"\b([A-Z_]*PORT)=(\d+)", text)}


def test_prometheus_scrapes_the_port_of_health_and_metrics() -> None:
    ports = _image_ports()
    assert ports["HEALTH_PORT"] != ports["PORT"]
    text = (_ROOT / "deploy" / "monitoring" / "prometheus.yml").read_text()
    jobs = {one["job_name"]: one for one in yaml.safe_load(text)["scrape_configs"]}
    assert [one["port"] for one in jobs["docreel"]["dns_sd_configs"]] == [ports["HEALTH_PORT"]]


def test_on_supabase_no_database_is_started_and_every_service_has_the_project() -> None:
    services = _services(_BASE, _SUPABASE, **_PROJECT)
    assert services["postgres"]["scale"] == 0
    for service in Service:
        given = services[service]["environment"]
        assert given["DATABASE_ROLE"] == "service_role", service
        assert _PROJECT.items() <= given.items(), service


@pytest.mark.parametrize("missing", _PROJECT)
def test_a_project_of_which_something_is_not_told_is_asked_for_it_once(missing: str) -> None:
    given = {name: value for name, value in _PROJECT.items() if name != missing}
    refused = _read(_BASE, _SUPABASE, **given)
    assert refused.returncode
    assert refused.stderr.count(f"set {missing} to ") == 1

"""Prometheus beside Docreel: it reaches everything, and the dashboard has something to show."""

import json
import urllib.parse
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.compose.engine import ROOT, CheckError, Engine, free_port
from tests.compose.gemini import simulated
from tests.compose.jobs import process, say
from tests.support.film import counting

_DASHBOARD = ROOT / "deploy" / "monitoring" / "grafana" / "docreel.json"
_REPLICAS = 5  # one of each service
_CALL = 0.5  # seconds that each paid call takes
_FILM = 40  # seconds of the video
_UNSEEN = 5000  # what its counter begins with: no other check's film shows that


def monitoring(engine: Engine) -> None:
    """Every replica and the broker are scraped, every panel has data, and no alert is on."""
    port = free_port()
    with simulated(_CALL) as gemini, TemporaryDirectory() as folder:
        # A paid engine, and a film that it has not seen: there are calls and tokens to show.
        paid = engine.with_settings(**gemini.settings, PROMETHEUS_PORT=str(port))
        paid.up()
        watched = paid.with_file("docker-compose.monitoring.yml")
        watched.compose("up", "-d", "prometheus")
        try:
            _check(watched, port, counting(Path(folder, "film.mp4"), _FILM, first=_UNSEEN))
        finally:
            watched.compose("rm", "--force", "--stop", "prometheus")
    engine.up()


def _check(engine: Engine, port: int, film: Path) -> None:
    wanted = ["docreel"] * _REPLICAS + ["rabbitmq", "rabbitmq-queues"]
    engine.until(f"these targets up: {wanted}", lambda: _up(port) == wanted, 90)
    say(f"Prometheus scrapes {_REPLICAS} replicas, the broker and its queues")
    process(engine, "es,ca", film)
    panels = json.loads(_DASHBOARD.read_bytes())["panels"]
    try:
        engine.until("data in every panel", lambda: not _empty(port, panels), 90)
    except CheckError as error:
        message = f"{error}; none in {_empty(port, panels)}"
        raise CheckError(message) from error
    say(f"all {len(panels)} panels of the dashboard have data")
    rules = [rule for group in _asked(port, "rules")["groups"] for rule in group["rules"]]
    wrong = [rule["name"] for rule in rules if rule["health"] != "ok"]
    on = [alert["labels"]["alertname"] for alert in _asked(port, "alerts")["alerts"]]
    if wrong or on or not rules:
        message = f"rules that cannot be evaluated: {wrong}; alerts that are on: {on}"
        raise CheckError(message)
    say(f"{len(rules)} alerts are evaluated, and none is on")


def _up(port: int) -> list[str]:
    targets = _asked(port, "targets")["activeTargets"]
    return sorted(one["labels"]["job"] for one in targets if one["health"] == "up")


def _empty(port: int, panels: list[dict[str, Any]]) -> list[str]:
    """Return the titles of the panels that would show nothing."""
    return [
        panel["title"]
        for panel in panels
        for target in panel["targets"]
        if not _asked(port, "query", query=target["expr"])["result"]
    ]


def _asked(port: int, what: str, **query: str) -> Any:
    url = f"http://127.0.0.1:{port}/api/v1/{what}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]
    except OSError as error:
        message = f"Prometheus does not answer: {error}"
        raise CheckError(message) from error

"""The dashboard and the alerts ask for metrics that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from shared import metrics

_MONITORING = Path(__file__).resolve().parents[1] / "monitoring"
_OURS = re.compile(r"\bdocreel_[a-z_]+")
_SUFFIXES = ("", "_bucket", "_count", "_sum")


def _expressions() -> list[str]:
    board = json.loads((_MONITORING / "grafana" / "docreel.json").read_text())
    alerts = yaml.safe_load((_MONITORING / "alerts.yml").read_text())
    return [
        *(target["expr"] for panel in board["panels"] for target in panel["targets"]),
        *(rule["expr"] for group in alerts["groups"] for rule in group["rules"]),
    ]


@pytest.mark.parametrize("expression", _expressions())
def test_an_expression_asks_for_what_is_told(expression: str) -> None:
    assert metrics.DELIVERIES
    told = set()
    for family in REGISTRY.collect():
        total = "_total" if family.type == "counter" else ""
        told |= {f"{family.name}{total}{suffix}" for suffix in _SUFFIXES}
    assert set(_OURS.findall(expression)) <= told


def test_every_alert_is_explained_to_who_is_woken_by_it() -> None:
    alerts = yaml.safe_load((_MONITORING / "alerts.yml").read_text())
    names = {rule["alert"] for group in alerts["groups"] for rule in group["rules"]}
    text = (_MONITORING.parents[1] / "docs" / "operations.md").read_text()
    assert names == {line[4:].strip() for line in text.splitlines() if line.startswith("### ")}


def _promtool(*words: str | Path) -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool: apt-get install prometheus (as root `make tools` does)")
    done = subprocess.run(  # noqa: S603 - fixed words
        [program, *words], cwd=_MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration_and_the_alerts() -> None:
    assert "SUCCESS" in _promtool("check", "config", "prometheus.yml")


def test_alerts_fire_when_they_should_and_only_then() -> None:
    assert "SUCCESS" in _promtool("test", "rules", "alerts.test.yml")


def test_every_alert_is_shown_to_fire() -> None:
    alerts = yaml.safe_load((_MONITORING / "alerts.yml").read_text())
    names = {rule["alert"] for group in alerts["groups"] for rule in group["rules"]}
    tests = yaml.safe_load((_MONITORING / "alerts.test.yml").read_text())["tests"]
    shown = [one for test in tests for one in test["alert_rule_test"] if one.get("exp_alerts")]
    fired = {one["alertname"] for one in shown}
    assert fired == names

"""The dashboard and the alerts ask for metrics that there are."""

import json
import re
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

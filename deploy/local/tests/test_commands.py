"""What is said and decided without starting anything."""

from pathlib import Path

import pytest

from deploy.local import container, packages, rabbitmq
from deploy.local.__main__ import _parser
from deploy.local.processes import ServerMissing
from deploy.local.rabbitmq import PrivateNode
from deploy.local.service import KINDS
from deploy.local.stack import Plan


@pytest.mark.parametrize(
    "scale", ["gateway=2", "translator", "translator=0", "translator=x", "x=1"]
)
def test_a_scale_that_cannot_be_is_bad_usage(
    scale: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(["up", "--scale", scale])
    assert ended.value.code == 2
    assert "is not like translator=3" in capsys.readouterr().err


def test_replicas_are_numbered_where_there_are_more() -> None:
    names = [name for _, name in Plan(kinds=KINDS, scale={"translator": 3}).names()]
    assert names == [
        *("progress", "transcriber", "docgen"),
        *("translator.1", "translator.2", "translator.3", "gateway"),
    ]


def test_without_docker_and_podman_there_is_no_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerMissing):
        container.ContainerNode(tmp_path).start()


def test_without_dpkg_every_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rabbitmq, "INSTALLED", tmp_path)
    assert packages.Packages.missing(["apertium"]) == ["apertium"]
    assert not packages.Packages.can_install()
    with pytest.raises(ServerMissing):
        PrivateNode(tmp_path).start()

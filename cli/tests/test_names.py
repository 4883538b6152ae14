import inspect
import re

import pytest
from docreel_cli import names as own
from docreel_cli.names import Folder, component
from hypothesis import given
from hypothesis import strategies as st

from shared.formats import names as servers


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("first-steps", "first-steps"),
        ("Índice nou", "Índice-nou"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x\x00.png", "C-x-.png"),
        (".hidden", "hidden"),
        ("..", "otherwise"),
    ],
)
def test_names_keep_what_is_safe(told: str, name: str) -> None:
    assert component(told, "otherwise") == name


@given(st.text())
def test_no_name_leaves_its_folder(told: str) -> None:
    name = component(told, "otherwise")
    assert name
    assert not name.startswith(".")
    assert not set(name) & set("/\\\0")
    assert len(name.encode()) <= 120


def test_names_in_a_folder_differ_beyond_case() -> None:
    folder = Folder()
    assert [folder.take(n, "image") for n in ("a.png", "A.png", "a.png", "!")] == [
        "a.png",
        "A-2.png",
        "a-3.png",
        "image",
    ]


@given(st.text(st.characters(), max_size=300))
def test_the_command_has_the_rules_of_the_servers(told: str) -> None:
    assert own.valid(told) == servers.valid(told)
    assert own.shown(told) == servers.shown(told)
    assert own.stem(told) == servers.stem(told)
    whole = own.valid(told)
    assert own.component(whole, "x") == servers.component(whole, "x")
    assert own.Folder().take(whole, "x") == servers.Folder().take(whole, "x")


def test_both_are_one_text_but_for_what_only_servers_need() -> None:
    ours, theirs = (inspect.getsource(module) for module in (own, servers))
    for name in (
        "component",
        "Folder",
        "_is_kept",
        "_steers",
        "_trimmed",
        "shown",
        "stem",
        "valid",
    ):
        told = [inspect.getsource(getattr(module, name)) for module in (own, servers)]
        assert told[0] == told[1]
    tables = re.compile(r"^_[A-Z_]+ = .*?(?=^\S)", re.MULTILINE | re.DOTALL)
    assert set(tables.findall(ours)) <= set(tables.findall(theirs))

import pytest
from docreel_cli.names import Folder, component
from hypothesis import given
from hypothesis import strategies as st


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

import pytest

from services.docgen.domain import screen


@pytest.mark.parametrize(
    ("visual", "title"),
    [
        ("Active\nRole\nInvite your team", "Invite your team"),
        ("File Edit View Help\nQuarterly revenue\n1,200", "Quarterly revenue"),
        ("# harbor.toml\nkeep_days = 30", None),
        ("il\n12:30\n100%", None),
        ("日本語のタイトル\n本文", "日本語のタイトル"),
        ("", None),
    ],
)
def test_a_title_is_told_from_labels_menus_and_code(visual: str, title: str | None) -> None:
    assert screen.title(visual, frozenset()) == title


def test_what_is_said_and_what_recurs_decide_between_lines() -> None:
    visual = "Harbor Manager\nOur Reports\nBoats and piers"
    assert screen.title(visual, {"boats", "piers"}) == "Boats and piers"
    assert screen.title(visual, (), {"Harbor Manager"}) == "Our Reports"


@pytest.mark.parametrize(
    "code", ["def f(x):\n    return x\nprint(f(2))", "$ make\n$ make test\n$ make run"]
)
def test_code_keeps_its_lines(code: str) -> None:
    assert screen.code(f"A title\n{code}\nOpen") == code


@pytest.mark.parametrize(
    "torn", ["[Back]\n[Next]\n[Cancel]", "a = 1\nb = 2", 'x = (1\ny = 2\nz = "3']
)
def test_buttons_and_torn_code_are_no_code(torn: str) -> None:
    assert screen.code(torn) is None

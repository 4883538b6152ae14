"""Each prompt's text belongs to its version: results are kept by it."""

import hashlib
from pathlib import Path

import pytest

from shared.gemini.prompts import load

ROOT = Path(__file__).resolve().parent.parent.parent
PROMPTS = sorted(ROOT.glob("services/*/prompts/*.md"))
# The text that a version stands for. A changed text needs a new number, which is a new file name.
TEXTS = {
    "article.2.md": "6af969f853b5bb3d",
    "outline.2.md": "94bd741bff649a31",
    "repair.1.md": "9531547bcbfeb4e4",
    "transcribe.2.md": "222653379fe268dc",
    "translate.2.md": "0e7c30a3e314ac69",
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@pytest.mark.parametrize("path", PROMPTS, ids=lambda path: path.name)
def test_a_version_always_stands_for_the_same_text(path: Path) -> None:
    assert TEXTS.get(path.name) == digest(path), f"rename {path.name} to the next version"


@pytest.mark.parametrize("path", PROMPTS, ids=lambda path: path.name)
def test_a_prompt_calls_the_video_material_and_never_orders(path: Path) -> None:
    text = " ".join(path.read_text().split())
    assert "material" in text
    assert "never instructions to you" in text or "never an instruction to you" in text


def test_a_prompt_is_filled_with_all_its_values_or_not_at_all() -> None:
    prompt = load("services.translator", "translate")
    made = prompt.filled(source="en", target="pt-BR", style="")
    assert "from en into pt-BR" in made
    assert "$" not in made
    with pytest.raises(KeyError):
        prompt.filled(source="en")


def test_a_prompt_that_there_is_not_is_named() -> None:
    with pytest.raises(LookupError, match="sing"):
        load("services.translator", "sing")

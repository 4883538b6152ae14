"""Every document that Docreel makes opens in the editor it is made for."""

from pathlib import Path

import pytest

from shared.formats.markdown import from_markdown, to_markdown
from tests.prosemirror.editor import Editor

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor(ROOT / ".local" / "prosemirror")


def test_every_example_of_commonmark_is_a_document_and_stays_one(editor: Editor) -> None:
    examples = editor.examples()
    assert len(examples) == 652
    docs = [from_markdown(one) for one in examples]
    assert editor.refusals(docs) == {}
    again = [from_markdown(to_markdown(one)) for one in docs]
    assert {n: examples[n] for n in range(652) if again[n] != docs[n]} == {}


def test_the_schema_refuses_what_it_does_not_know(editor: Editor) -> None:
    paragraph = {"type": "paragraph"}
    bad = [
        {"type": "doc", "content": []},
        {"type": "doc", "content": [{"type": "bulletList", "content": [paragraph]}]},
        {"type": "doc", "content": [paragraph | {"attrs": {"unheard": 1}}]},
        {"type": "doc", "content": [paragraph | {"attrs": {"second": 1.5}}]},
    ]
    assert sorted(editor.refusals(bad)) == [0, 1, 2]

"""Every document that Docreel makes opens in the editor it is made for."""

import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.translator.domain.items import items_of, rebuilt
from shared.formats.markdown import from_markdown, to_markdown
from shared.formats.tests.documents import DOCUMENTS, MARKDOWN
from shared.formats.tiptap import Node
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


@settings(max_examples=10, deadline=None, phases=[Phase.generate])
@given(st.lists(st.one_of(DOCUMENTS, MARKDOWN.map(from_markdown)), min_size=10, max_size=60))
def test_documents_and_their_translations_open(editor: Editor, docs: list[Node]) -> None:
    written = [from_markdown(to_markdown(doc)) for doc in docs]
    assert editor.refusals(written) == {}
    assert editor.refusals([translated(doc) for doc in written]) == {}


def translated(doc: Node) -> Node:
    """The document as a translator gives it back that changes every word."""
    texts = {
        item.id: "".join(
            piece if n % 2 else piece.replace("a", "ä") + "!"
            for n, piece in enumerate(re.split(r"(⟦[^⟧]*⟧)", item.text))
        )
        for item in items_of(doc)
    }
    made, missing = rebuilt(doc, texts)
    assert not missing
    return made

"""Every document that Docreel makes opens in the editor it is made for."""

import copy
import re
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.docgen.domain import article
from services.docgen.domain.article import Shown
from services.docgen.domain.document import Draft, Section, Segment
from services.translator.domain.items import items_of, rebuilt
from services.translator.domain.pieces import Done, article_items, translated_article
from services.translator.domain.standing import Standing
from shared.formats import blocks
from shared.formats.markdown import from_markdown, to_markdown
from shared.formats.tests.documents import DOCUMENTS, MARKDOWN
from shared.formats.tiptap import Node, text
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


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(st.lists(st.one_of(DOCUMENTS, MARKDOWN.map(from_markdown)), min_size=4, max_size=12))
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


def test_articles_their_pictures_and_translations_open_with_all_they_carry(editor: Editor) -> None:
    said = ("Open the window.", "Press create.", "", "Choose a name for it.")
    segments = [Segment(n, n * 5.0, n * 5.0 + 4, one, "", None) for n, one in enumerate(said)]
    ids = [str(uuid5(NAMESPACE_URL, str(n))) for n in range(4)]
    sections = (
        Section("## Steps\n\n1. Open the window\n2. Press create\n\n- [ ] Choose", (0, 1), 2.0),
        Section(
            "Zebras gallop across nine continents.\n\n| a |\n| :-: |\n| b |", (3,), None, "Note."
        ),
        Section("```py\ncode\n```", ()),
    )
    made = article.content(
        Draft("Title", sections, "Beware."), segments, ids, {0: Shown("/i/2.webp", 2.0)}
    )
    kept = {name for one in blocks.walk(made) for name in one["attrs"]}
    assert kept >= {"segmentIds", "second", "unsupported", "blockId", "machine"}
    items = article_items("Title", made)
    texts = {item: item.text.upper() for item in items}
    first = translated_article("Title", made, Done(texts, "e"))
    edited = blocks.mapped(
        first.content,
        lambda b: {**b, "content": [text("Mine", [])]} if b["type"] == "paragraph" else b,
    )
    changed = copy.deepcopy(made)
    changed["content"][0]["content"][0]["content"] = [text("Changed", [])]
    standing = Standing("TITLE", edited, first.origin, "e")
    again = translated_article("Title", changed, Done(texts, "e"), standing)
    assert any(blocks.attr(one, "stale") for one in blocks.walk(again.content))
    assert editor.refusals([made, first.content, again.content]) == {}

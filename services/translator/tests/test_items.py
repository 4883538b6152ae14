from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.translator.domain.checks import violations
from services.translator.domain.items import (
    Item,
    cue_items,
    items_of,
    plain,
    rebuilt,
    text_item,
)
from shared.formats.markdown import from_markdown
from shared.formats.vtt import Cue

DOC = from_markdown(
    "## Open the *main* window\n\n"
    "Press **Create** or run `make` now.\n\n"
    "1. First\n2. See [the docs](https://example.org/a)\n\n"
    "```python\nprint('stays')\n```\n\n"
    "![A form](/api/form.webp)\n\n"
    "| Name | Role |\n| --- | --- |\n| Ada | 42 |\n"
)

characters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
words = st.text(characters | st.sampled_from("⟦⟧/1oc 2"), min_size=1, max_size=20).filter(
    lambda text: text.strip() != ""
)
marks = st.lists(st.sampled_from(["bold", "italic", "code", "strike"]), unique=True, max_size=2)


@st.composite
def paragraphs(draw: st.DrawFn) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for text, names in draw(st.lists(st.tuples(words, marks), min_size=1, max_size=5)):
        node: dict[str, Any] = {"type": "text", "text": text}
        if names:
            node["marks"] = [{"type": name} for name in names]
        # Tiptap joins neighbours of the same marks; so do we.
        if content and content[-1].get("marks") == node.get("marks"):
            content[-1] = {**content[-1], "text": content[-1]["text"] + text}
        else:
            content.append(node)
    return {"type": "paragraph", "content": content}


@given(st.lists(paragraphs(), max_size=4))
def test_a_document_translated_to_itself_is_itself(blocks: list[dict[str, Any]]) -> None:
    doc = {"type": "doc", "content": blocks}
    same = {item.id: item.text for item in items_of(doc)}
    assert rebuilt(doc, same) == (doc, [])
    assert not any(violations(text, text) for text in same.values())


def test_texts_come_with_placeholders_and_code_stays_out() -> None:
    assert [item.text for item in items_of(DOC)] == [
        "Open the ⟦1⟧main⟦/1⟧ window",
        "Press ⟦1⟧Create⟦/1⟧ or run ⟦2⟧ now.",
        "First",
        "See ⟦1⟧the docs⟦/1⟧",
        "A form",
        "Name",
        "Role",
        "Ada",
    ]


def test_a_translation_keeps_the_tree_and_what_has_none_is_named() -> None:
    items = items_of(DOC)
    texts = {item.id: item.text.upper() for item in items[1:]}
    made, missing = rebuilt(DOC, texts)
    assert missing == [items[0].id]
    assert made["content"][0] == DOC["content"][0]
    press = made["content"][1]["content"]
    assert [node["text"] for node in press] == ["PRESS ", "CREATE", " OR RUN ", "make", " NOW."]
    assert [node["type"] for node in made["content"]] == [n["type"] for n in DOC["content"]]
    assert made["content"][4]["attrs"] == DOC["content"][4]["attrs"] | {"alt": "A FORM"}


def test_words_may_change_places_with_their_marks() -> None:
    doc = from_markdown("**Red** *house*")
    (item,) = items_of(doc)
    made, _ = rebuilt(doc, {item.id: "⟦2⟧Casa⟦/2⟧ ⟦1⟧roja⟦/1⟧"})
    assert [
        (n["text"], [m["type"] for m in n.get("marks", [])]) for n in made["content"][0]["content"]
    ] == [
        ("Casa", ["italic"]),
        (" ", []),
        ("roja", ["bold"]),
    ]


def test_a_cue_is_one_item_and_one_without_letters_is_none() -> None:
    cues = [Cue(0, 1, "One\nline"), Cue(1, 2, "..."), Cue(2, 3, "Three")]
    assert cue_items(cues) == [Item("0", "One line"), Item("2", "Three")]


@given(words)
def test_a_title_keeps_its_brackets(title: str) -> None:
    assert all(plain(item.text) == title for item in text_item("title", title))


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("Open it", "  ", "empty"),
        ("Open it", "", "empty"),
        ("⟦1⟧a⟦/1⟧ ⟦2⟧", "⟦1⟧a⟦/1⟧", "placeholders changed"),
        ("⟦1⟧a⟦/1⟧", "⟦/1⟧a⟦1⟧", "placeholders not properly nested"),
        ("⟦1⟧a⟦/1⟧⟦2⟧b⟦/2⟧", "⟦1⟧a⟦2⟧b⟦/1⟧⟦/2⟧", "placeholders not properly nested"),
        ("⟦1⟧a⟦/1⟧ b", "⟦1⟧⟦/1⟧ a b", "a mark without words"),
        ("See https://a.org/x.", "Ver https://a.org/y.", "addresses changed"),
        ("Wait 30 s", "Espera 3 s", "numbers changed"),
        ("Open it", "Abrir --> esto", "contains -->"),
        ("Open it", "Abrir\n\nesto", "contains a blank line"),
    ],
)
def test_each_violation_is_named(source: str, text: str, found: str) -> None:
    assert violations(source, text) == [found]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1,000.5 users", "1.000,5 usuarios"),
        ("⟦1⟧a⟦/1⟧ ⟦2⟧", "⟦2⟧ ⟦1⟧b⟦/1⟧"),
        ("See www.a.org!", "¡Ver www.a.org!"),
    ],
)
def test_what_may_change_may(source: str, text: str) -> None:
    assert violations(source, text) == []

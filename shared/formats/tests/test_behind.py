from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.formats import blocks, tiptap
from shared.formats.behind import Text, behind
from shared.formats.markdown import from_markdown
from shared.formats.tests.documents import DOCUMENTS
from shared.formats.tiptap import Node

ORIGINAL = blocks.signed(from_markdown("# a\n\nb\n\n- c\n- d\n"), "seed")


def paragraph(text: str) -> Node:
    return {"type": "paragraph", "content": [tiptap.text(text, [])] if text else []}


def translated(original: Node) -> tuple[Node, dict[str, Any]]:
    """A document's translation as a job leaves it, and its origin; its texts are as they were."""

    def change(block: Node) -> Node:
        told = blocks.digest(block)
        return blocks.with_attrs(block, source=told, machine=told)

    source = blocks.identified(original)
    names = [blocks.attr(one, "blockId") for one in blocks.walk(source)]
    origin = {"title": "T", "sourceTitle": "t", "blocks": names}
    return blocks.mapped(source, change), origin


def count(original: Node, made: Node, origin: dict[str, Any], *, titles: str = "tT") -> int:
    return behind(Text(titles[0], original), Text(titles[1], made), origin)


def with_text(doc: Node, old: str, new: str, **attrs: object) -> Node:
    """A document in which a block's text was replaced."""

    def change(block: Node) -> Node:
        if tiptap.plain_text(block) != old:
            return block
        return blocks.with_attrs({**block, "content": paragraph(new)["content"]}, **attrs)

    return blocks.mapped(doc, change)


def without(doc: Node, place: int) -> Node:
    """A document without one of the nodes at its top."""
    content = doc["content"]
    return {**doc, "content": content[:place] + content[place + 1 :]}


def test_what_changed_came_and_went_in_the_original_is_counted() -> None:
    made, origin = translated(ORIGINAL)
    assert count(ORIGINAL, made, origin) == 0
    assert count(with_text(ORIGINAL, "c", "c2"), made, origin) == 1
    assert count(without(ORIGINAL, 2), made, origin) == 2
    more = {**ORIGINAL, "content": [paragraph("new"), *ORIGINAL["content"], paragraph("")]}
    assert count(more, made, origin) == 1
    assert count(without(with_text(more, "d", "d2"), 1), made, origin) == 3


def test_a_title_counts_unless_a_person_wrote_the_translations() -> None:
    made, origin = translated(ORIGINAL)
    assert count(ORIGINAL, made, origin, titles="xT") == 1
    assert count(ORIGINAL, made, origin, titles="xM") == 0
    left = origin | {"title": "t", "sourceTitle": None}
    assert count(ORIGINAL, made, left, titles="tt") == 0
    assert count(ORIGINAL, made, left, titles="xt") == 1


def test_a_persons_block_is_behind_until_it_is_marked() -> None:
    made, origin = translated(ORIGINAL)
    mine = with_text(made, "b", "mine")
    assert count(ORIGINAL, mine, origin) == 0
    now = with_text(ORIGINAL, "b", "b2")
    assert count(now, mine, origin) == 1
    assert count(now, with_text(made, "b", "mine", stale=True), origin) == 0
    assert count(without(ORIGINAL, 1), mine, origin) == 0
    # By hand from the original's words, which the machine had left.
    assert count(ORIGINAL, with_text(made, "b", "mine", source=None), origin) == 0


def test_what_a_person_added_or_took_out_is_not_behind() -> None:
    made, origin = translated(ORIGINAL)
    added = {**without(made, 1), "content": [paragraph("added"), *without(made, 1)["content"]]}
    assert count(ORIGINAL, added, origin) == 0
    assert count(with_text(ORIGINAL, "b", "b2"), added, origin) == 0


def test_what_rests_on_no_original_is_behind_once_the_original_reads_otherwise() -> None:
    made, origin = translated(ORIGINAL)
    left = with_text(made, "b", "b", source=None)
    assert count(ORIGINAL, left, origin) == 0
    assert count(with_text(ORIGINAL, "b", "b2"), left, origin) == 1
    # A person wants it again: the note for that tells it.
    assert count(with_text(ORIGINAL, "b", "b2"), with_text(left, "b", "b", stale=True), origin) == 0


@given(DOCUMENTS, st.data())
def test_as_many_are_behind_as_were_changed(doc: Node, data: st.DataObject) -> None:
    original = blocks.signed(doc, "seed")
    made, origin = translated(original)
    assert count(original, made, origin) == 0
    names = [blocks.attr(one, "blockId") for one in blocks.walk(original)]
    chosen = data.draw(st.sets(st.sampled_from(names))) if names else set()

    def change(block: Node) -> Node:
        if blocks.attr(block, "blockId") not in chosen:
            return block
        if block["type"] == "image":
            return blocks.with_attrs(block, alt=f"{blocks.attr(block, 'alt')}!")
        return {**block, "content": [*block.get("content", []), tiptap.text("!", [])]}

    edited = blocks.mapped(original, change)
    assert count(edited, made, origin) == len(chosen)
    assert count(edited, *translated(edited)) == 0
    # All that is there is new to a translation of nothing.
    empty = {"type": "doc", "content": [{"type": "paragraph"}]}
    filled = [one for one in blocks.walk(original) if one["type"] == "image" or one.get("content")]
    assert count(original, empty, origin | {"blocks": []}) == len(filled)

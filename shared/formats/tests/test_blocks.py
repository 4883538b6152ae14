from shared.formats import blocks
from shared.formats.markdown import from_markdown
from shared.formats.tiptap import Node

DOC = from_markdown("# A\n\nB **c** [d](e.html)\n\n- f\n\n| g |\n| - |\n| h |\n\n```py\ni\n```\n")


def signed() -> Node:
    return blocks.signed(DOC, "seed")


def test_every_block_is_signed_with_an_id_of_its_own() -> None:
    found = list(blocks.walk(signed()))
    assert [one["type"] for one in found] == ["heading", *["paragraph"] * 4, "codeBlock"]
    assert len({blocks.attr(one, "blockId") for one in found}) == 6
    assert {blocks.author(one) for one in found} == {"machine"}
    assert signed() == signed()
    assert blocks.attr(found[0], "level") == 1
    bare = blocks.mapped(signed(), lambda one: blocks.with_attrs(one, blockId=None, machine=None))
    assert bare == DOC


def test_what_reads_otherwise_is_a_persons() -> None:
    first = next(blocks.walk(signed()))
    changed = {**first, "content": [{"type": "text", "text": "Z"}]}
    assert blocks.author(changed) == "human"
    assert blocks.author(blocks.with_attrs(first, level=2)) == "human"
    assert blocks.author({"type": "paragraph"}) == "human"


def test_what_an_editor_adds_by_itself_is_no_edit() -> None:
    text = list(blocks.walk(signed()))[1]
    for inline in text["content"]:
        for mark in inline.get("marks", []):
            mark["attrs"] = {**mark.get("attrs", {}), "target": "_blank", "rel": "noopener"}
    assert blocks.author(text) == "machine"
    assert blocks.author(blocks.with_attrs(text, second=3.0, textAlign="left")) == "machine"

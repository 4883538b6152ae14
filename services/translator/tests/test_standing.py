import copy
from typing import Any

from services.translator.domain import pieces
from services.translator.domain.items import Item
from services.translator.domain.pieces import Done, Translated
from services.translator.domain.standing import Standing
from shared.formats import blocks, tiptap
from shared.formats.markdown import from_markdown
from shared.formats.tiptap import Node

ENGINE = "upper:1"


class Translation:
    """A source, its translation into capitals, and what was asked of the engine for it."""

    def __init__(self, markdown: str) -> None:
        self.title = "title"
        self.source = blocks.signed(from_markdown(markdown), "seed")
        self.standing: Standing | None = None
        self.asked: list[str] = []
        self.left = 0

    def run(self, *, refused: str = "", engine: str = ENGINE) -> Translated:
        if self.standing is not None:
            told = self.standing
            self.standing = Standing(told.title, told.content, told.origin, engine)
        items = pieces.article_items(self.title, self.source, self.standing)
        self.asked = [item.text for item in items]
        texts = {item: item.text.upper() for item in items if item.text != refused}
        made = pieces.translated_article(
            self.title, self.source, Done(texts, engine), self.standing
        )
        self.edit(made.title, made.content, made.origin)
        self.left = len(made.left)
        return made

    def edit(self, title: str, content: Node, origin: Any = None) -> None:
        known = self.standing.origin if self.standing and origin is None else origin
        self.standing = Standing(title, copy.deepcopy(content), known, ENGINE)

    @property
    def content(self) -> Node:
        assert self.standing is not None
        return self.standing.content

    @property
    def text(self) -> list[str]:
        return tiptap.plain_text(self.content).split("\n")


def changed(doc: Node, old: str, new: str) -> Node:
    """A document as an editor gives it back in which a block's whole text was replaced."""

    def change(block: Node) -> Node:
        if tiptap.plain_text(block) != old:
            return block
        return {**block, "content": [tiptap.text(new, [])]}

    return blocks.mapped(doc, change)


def stale(doc: Node) -> list[str]:
    return [tiptap.plain_text(one) for one in blocks.walk(doc) if blocks.attr(one, "stale")]


def test_of_a_hundred_blocks_the_one_that_changed_is_asked_for() -> None:
    one = Translation("\n\n".join(f"block {n}" for n in range(100)))
    first = one.run()
    assert len(one.asked) == 101
    assert one.run() == first
    assert one.asked == []
    one.source = changed(one.source, "block 7", "another text")
    one.run()
    assert one.asked == ["another text"]
    assert one.text[6:9] == ["BLOCK 6", "ANOTHER TEXT", "BLOCK 8"]
    one.title = "new title"
    one.run()
    assert one.asked == ["new title"]
    assert one.standing is not None
    assert one.standing.title == "NEW TITLE"


def test_a_persons_text_stays_and_is_stale_once_its_source_has_changed() -> None:
    one = Translation("# a\n\nb\n\n- c\n- d\n")
    one.run()
    one.edit("mine", changed(changed(one.content, "B", "my b"), "D", "my d"))
    one.run()
    assert one.asked == []
    assert one.text == ["A", "my b", "C", "my d"]
    assert stale(one.content) == []
    one.source = changed(changed(one.source, "b", "b2"), "c", "c2")
    one.title = "title 2"
    for _ in range(2):
        one.run()
        assert one.text == ["A", "my b", "C2", "my d"]
        assert stale(one.content) == ["my b"]
        assert one.standing is not None
        assert one.standing.title == "mine"
    assert one.asked == []


def test_a_person_reads_the_new_source_and_the_mark_goes() -> None:
    one = Translation("a\n\nb\n")
    one.run()
    one.edit("T", changed(one.content, "B", "my b"))
    one.source = changed(one.source, "b", "b2")
    one.run()
    assert stale(one.content) == ["my b"]
    now = next(blocks.digest(block) for block in blocks.walk(one.source) if "b2" in str(block))
    seen = blocks.mapped(
        one.content,
        lambda block: blocks.with_attrs(block, source=now) if "my b" in str(block) else block,
    )
    one.edit("T", seen)
    one.run()
    assert stale(one.content) == []


def test_what_a_person_added_stays_and_what_a_person_took_out_stays_out() -> None:
    one = Translation("a\n\nb\n\n1. c\n2. d\n   - e\n\nf\n")
    one.run()
    first, second, steps, last = one.content["content"]
    added = {"type": "paragraph", "content": [tiptap.text("added", [])]}
    begun = {**steps, "content": steps["content"][1:]}
    one.edit("T", {"type": "doc", "content": [added, first, begun, added, last]})
    assert second["type"] == "paragraph"
    one.run()
    assert one.asked == []
    assert one.text == ["added", "A", "D", "E", "added", "F"]
    one.source = changed(one.source, "d", "d2")
    one.run()
    assert one.text == ["added", "A", "D2", "E", "added", "F"]


def test_what_a_person_added_within_a_list_stays_where_it_is() -> None:
    one = Translation("1. a\n2. b\n   - c\n\nd\n")
    one.run()
    steps, last = one.content["content"]
    first, second = steps["content"]

    def added(words: str) -> Node:
        paragraph = {"type": "paragraph", "content": [tiptap.text(words, [])]}
        return {"type": "listItem", "content": [paragraph]}

    inner = second["content"][1]
    inner = {**inner, "content": [added("within"), *inner["content"]]}
    second = {**second, "content": [second["content"][0], inner]}
    grown = {**steps, "content": [first, added("between"), second, added("behind")]}
    one.edit("T", {"type": "doc", "content": [grown, last]})
    one.source = changed(one.source, "a", "a2")
    one.run()
    assert one.text == ["A2", "between", "B", "within", "C", "behind", "D"]


def test_a_source_may_grow_shrink_and_split() -> None:
    one = Translation("a\n\nb\n\nc\n")
    one.run()
    first, second, third = one.source["content"]
    split = {**second, "content": [tiptap.text("half", [])]}
    new = {"type": "paragraph", "content": [tiptap.text("new", [])]}
    one.source = {"type": "doc", "content": [first, second, split, new]}
    assert third["content"][0]["text"] == "c"
    one.run()
    assert one.asked == ["half", "new"]
    assert one.text == ["A", "B", "HALF", "NEW"]
    one.run()
    assert one.asked == []


def test_a_persons_text_outlives_its_source() -> None:
    one = Translation("a\n\nb\n\nc\n")
    one.run()
    one.edit("T", changed(one.content, "B", "my b"))
    one.source = {"type": "doc", "content": [one.source["content"][0], one.source["content"][2]]}
    one.run()
    assert one.text == ["A", "my b", "C"]


def test_what_could_not_be_translated_is_asked_for_again() -> None:
    one = Translation("a\n\nb\n")
    one.run(refused="b")
    assert (one.left, one.text) == (1, ["A", "b"])
    one.run()
    assert one.asked == ["b"]
    assert (one.left, one.text) == (0, ["A", "B"])
    again = Translation("a\n")
    again.run(refused="title")
    again.run()
    assert again.asked == ["title"]


def test_another_engine_translates_again_but_for_a_persons_text() -> None:
    one = Translation("a\n\nb\n")
    one.run()
    one.edit("title", changed(one.content, "B", "my b"))
    one.run(engine="better:1")
    assert one.asked == ["a"]
    one.run(engine="better:1")
    assert one.asked == []


def test_traces_follow_the_source_and_pictures_their_words() -> None:
    one = Translation("a\n\n![seen](i.webp)\n\n```py\ncode\n```\n")
    one.source = blocks.mapped(one.source, lambda b: blocks.with_attrs(b, second=7.5))
    one.run()
    assert [blocks.attr(b, "second") for b in blocks.walk(one.content)] == [7.5] * 3
    assert blocks.attr(one.content["content"][1], "alt") == "SEEN"
    picture = blocks.with_attrs(one.source["content"][1], src="j.webp")
    one.source["content"][1] = picture
    one.run()
    assert one.asked == ["seen"]
    assert blocks.attr(one.content["content"][1], "src") == "j.webp"


def test_items_without_a_translation_are_named_by_their_place() -> None:
    assert pieces.article_items("T", from_markdown("x")) == [Item("title", "T"), Item(".0", "x")]

"""After a job nothing is behind, whatever people did to both sides (`shared.formats.behind`)."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.translator.domain import pieces
from services.translator.domain.pieces import Done
from services.translator.domain.standing import Standing
from shared.formats import blocks, tiptap
from shared.formats.behind import Text, behind
from shared.formats.markdown import from_markdown
from shared.formats.tiptap import Node

MARKDOWN = """# a

b **bold**

- c
- d

  d two

  1. e

> f

![g](g.webp "h")

| i | j |
|---|---|
| k | l |

```
m
```
"""
ENGINE = "upper:1"
DEEDS = st.sampled_from(["keep", "keep", "write", "delete", "split", "empty", "again"])


@dataclass
class Sides:
    """An original, and its translation into capitals as it stands."""

    title: str
    source: Node
    standing: Standing | None = None

    def run(self, refused: str = "") -> None:
        """Do what a job does, with an engine that refuses texts in which a letter occurs."""
        items = pieces.article_items(self.title, self.source, self.standing)
        kept = {one: one.text.upper() for one in items if not refused or refused not in one.text}
        made = pieces.translated_article(self.title, self.source, Done(kept, ENGINE), self.standing)
        self.standing = Standing(made.title, made.content, made.origin, ENGINE)

    @property
    def behind(self) -> int:
        assert self.standing is not None
        stands = Text(self.standing.title, self.standing.content)
        return behind(Text(self.title, self.source), stands, self.standing.origin)


def edited(doc: Node, deeds: Any, *, again: bool) -> Node:
    """A document after a person did something to each of its blocks, or nothing."""

    def of(node: Node) -> list[Node]:
        if node["type"] in blocks.KINDS:
            return done(node)
        inner = [made for child in node.get("content", []) for made in of(child)]
        return [{**node, "content": inner}] if inner else []

    def done(block: Node) -> list[Node]:
        written = (
            blocks.with_attrs(block, alt="g, written")
            if block["type"] == "image"
            else {**block, "content": [tiptap.text("written", [])]}
        )
        whole = {
            "keep": [block],
            "write": [written],
            "delete": [],
            "split": [block, {**block, "content": [tiptap.text("half", [])]}],
            "empty": [PARAGRAPH, block],
            "again": [blocks.with_attrs(block, source=None, machine=blocks.digest(block))],
        }
        deed = deeds()
        return whole["keep" if deed == "again" and not again else deed]

    return {**doc, "content": [one for child in doc["content"] for one in of(child)] or [PARAGRAPH]}


PARAGRAPH: Node = {"type": "paragraph"}


@given(st.data())
def test_a_job_leaves_nothing_behind(data: st.DataObject) -> None:
    sides = Sides("title", blocks.signed(from_markdown(MARKDOWN), "seed"))

    def deed() -> str:
        return data.draw(DEEDS)

    for turn in range(3):
        sides.run(data.draw(st.sampled_from(["", "d", "h", "t"])))
        assert sides.behind == 0
        sides.source = edited(sides.source, deed, again=False)
        sides.title = data.draw(st.sampled_from([sides.title, f"title {turn}"]))
        assert sides.standing is not None
        title = data.draw(st.sampled_from([sides.standing.title, "mine"]))
        written = edited(sides.standing.content, deed, again=True)
        sides.standing = Standing(title, written, sides.standing.origin, ENGINE)


def test_what_is_behind_is_what_the_job_asks_for() -> None:
    sides = Sides("title", blocks.signed(from_markdown("a\n\nb\n\nc\n"), "seed"))
    sides.run()
    first, second, _ = sides.source["content"]
    new = {"type": "paragraph", "content": [tiptap.text("new", [])]}
    sides.source = {
        "type": "doc",
        "content": [first, {**second, "content": [tiptap.text("b2", [])]}, new],
    }
    assert sides.behind == 3
    asked = pieces.article_items(sides.title, sides.source, sides.standing)
    assert [one.text for one in asked] == ["b2", "new"]
    sides.run()
    assert sides.behind == 0
    assert sides.standing is not None
    assert tiptap.plain_text(sides.standing.content) == "A\nB2\nNEW"

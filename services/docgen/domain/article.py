"""A draft and its pictures become an article's content: a Tiptap document."""

from collections.abc import Mapping, Sequence

from services.docgen.domain.document import Draft, Section, Segment, clock
from shared.formats import tiptap
from shared.formats.markdown import from_markdown
from shared.formats.tiptap import Node, node


def content(
    draft: Draft, segments: Sequence[Segment], ids: Sequence[str], pictures: Mapping[int, str]
) -> Node:
    """Return the document, every block of a section with the place in the video it comes from.

    `segments` are the whole video's and `ids` theirs, in the same order; `pictures` gives the
    address of the picture of section n, counted from 0. An outermost block's attrs are `segments`
    (ids) and `start` (seconds); a list's stand on its items, since an ordered list's own `start` is
    its first number. A segment's number that a writer made up is left out.
    """
    blocks: list[Node] = []
    if draft.label:
        paragraph = node("paragraph", [tiptap.text(draft.label, [])])
        blocks.append(node("blockquote", [paragraph]))
    heading = draft.title
    for place, section in enumerate(draft.sections):
        made = from_markdown(section.markdown)["content"]
        headings = [one for one in made if one["type"] == "heading"]
        heading = tiptap.plain_text(headings[0]) if headings else heading
        if place in pictures:
            made = _with_picture(made, pictures[place], heading, section.picture or 0.0)
        blocks += _traced(made, section, segments, ids)
    return node("doc", blocks or [node("paragraph")])


def _with_picture(blocks: list[Node], address: str, heading: str, second: float) -> list[Node]:
    """Put the picture before the text that it shows, below the section's heading."""
    alt = f"{heading} (screen at {clock(second)})"
    at = 1 if blocks[0]["type"] == "heading" else 0
    return [*blocks[:at], node("image", src=address, alt=alt, title=None), *blocks[at:]]


def _traced(
    blocks: list[Node], section: Section, segments: Sequence[Segment], ids: Sequence[str]
) -> list[Node]:
    cited = [n for n in section.segments if 0 <= n < len(segments)]
    if not cited:
        return blocks
    source = {
        "segments": [ids[n] for n in cited],
        "start": min(segments[n].start for n in cited),
    }
    return [_marked(block, source) for block in blocks]


def _marked(block: Node, source: Node) -> Node:
    if block["type"] in {"orderedList", "bulletList"}:
        return {**block, "content": [_marked(item, source) for item in block["content"]]}
    return {**block, "attrs": {**block.get("attrs", {}), **source}}

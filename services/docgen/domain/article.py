"""A draft and its pictures become an article's content: a Tiptap document.

What a block rests on stands in its attrs: `segmentIds`, and `second`, where the earliest of them
starts in the video; `unsupported` is true where a reviewer should look. They stand on headings,
paragraphs, code, images and lists' items, and collide with none of Tiptap's own attrs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.docgen.domain import evidence
from services.docgen.domain.document import Draft, Segment, clock
from shared.formats import blocks, tiptap
from shared.formats.markdown import from_markdown
from shared.formats.tiptap import Node, node

_TRACED = blocks.KINDS | {"listItem", "taskItem"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A section's picture: its address, and the second of the video that it shows."""

    address: str
    second: float


@dataclass(frozen=True, slots=True)
class _Cited:
    """What a section rests on; `ids` are the whole video's."""

    segments: Sequence[Segment]
    ids: Sequence[str]


def content(
    draft: Draft, segments: Sequence[Segment], ids: Sequence[str], pictures: Mapping[int, Shown]
) -> Node:
    """Return the document, every block of a section with the place in the video it comes from.

    `segments` are the whole video's and `ids` theirs, in the same order; `pictures` gives the
    picture of section n, counted from 0. A segment's number that a writer made up is left out.
    """
    found: list[Node] = []
    if draft.label:
        found.append(node("blockquote", [_paragraph(draft.label)]))
    heading = draft.title
    for place, section in enumerate(draft.sections):
        numbers = dict.fromkeys(n for n in section.segments if 0 <= n < len(segments))
        cited = _Cited([segments[n] for n in numbers], ids)
        # A section that shows a picture and says nothing is no paragraph.
        read = from_markdown(section.markdown)["content"] if section.markdown.strip() else []
        headings = [one for one in read if one["type"] == "heading"]
        heading = tiptap.plain_text(headings[0]) if headings else heading
        made = [_traced(one, cited) for one in read]
        if place in pictures:
            at = 1 if headings and read[0] is headings[0] else 0
            made.insert(at, _picture(pictures[place], heading, cited))
        if section.note:
            note = _paragraph(section.note, [{"type": "italic"}])
            made.append(_marked(note, cited, cited.segments))
        found += made
    doc = node("doc", found or [node("paragraph")])
    return blocks.signed(doc, draft.title)


def _paragraph(value: str, marks: Sequence[tiptap.Mark] = ()) -> Node:
    return node("paragraph", [tiptap.text(value, list(marks))])


def _picture(shown: Shown, heading: str, cited: _Cited) -> Node:
    """Return the picture that stands before the text which it shows, below its heading."""
    alt = f"{heading} (screen at {clock(shown.second)})"
    image = node("image", src=shown.address, alt=alt, title=None)
    over = [one for one in cited.segments if one.start <= shown.second <= one.end]
    marked = _marked(image, cited, over or cited.segments)
    return blocks.with_attrs(marked, second=round(shown.second, 3))


def _traced(block: Node, cited: _Cited) -> Node:
    made = block
    if "content" in block and not tiptap.is_inline(block["content"][0]):
        made = {**block, "content": [_traced(child, cited) for child in block["content"]]}
    if block["type"] not in _TRACED:
        return made
    text = tiptap.plain_text(block)
    found, doubtful = evidence.grounds(text, cited.segments)
    # A heading is a writer's own words; one that cites nothing is worth a look all the same.
    flagged = doubtful and (block["type"] != "heading" or not cited.segments)
    return _marked(made, cited, found, unsupported=flagged and bool(text.strip()))


def _marked(
    block: Node, cited: _Cited, found: Sequence[Segment], *, unsupported: bool = False
) -> Node:
    return blocks.with_attrs(
        block,
        segmentIds=[cited.ids[one.number] for one in found] or None,
        second=min((round(one.start, 3) for one in found), default=None),
        unsupported=unsupported or None,
    )

"""The writer without a model: chapters by slides, spoken sentences as text, steps as a list."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.docgen.domain import screen, speech
from services.docgen.domain.document import Chapter, Draft, Outline, Section, Segment, clock
from services.docgen.domain.speech import Sentence
from shared.formats import readings, tiptap
from shared.formats.markdown import to_markdown
from shared.formats.tiptap import Node, node
from shared.spending import Spending

LABEL = (
    "Draft made offline without an AI model. Speech recognition is rough (English only) and "
    "translation is word-level quality; review before use."
)
UNSURE = 0.55  # confidence below which what was recognised is often wrong
SHORTEST = 10.0  # seconds of a chapter
MOST_CHAPTERS = 40  # of a long video, whose chapters are longer for it
LONGEST = 600.0  # seconds of one slide's chapter, before it is cut at a pause
_SENTENCES = 4  # of a paragraph
_DESCRIPTION = 200  # characters
_SHOWN = 12  # lines listed of a slide about which nothing is said

Slide = list[Segment]


@dataclass(frozen=True, slots=True)
class OfflineWriter:
    """Follows rules, so that the same segments always make the same documents."""

    engine: str = "offline"
    version: int = 3

    async def outline(
        self,
        segments: Sequence[Segment],
        *,
        spent: Spending,  # noqa: ARG002 - rules are free
    ) -> Outline:
        """See `Writer.outline`."""
        told = [one for one in segments if one.spoken.strip() or one.visual.strip()]
        every = slides(told)
        recurring = _recurring(every)
        titled = [
            (_title(group, recurring) or f"Part {place}", group)
            for place, group in enumerate(_grouped(every), 1)
        ]
        return Outline(
            tuple(
                Chapter(
                    title,
                    _description(group),
                    tuple(segment.number for slide in group for segment in slide),
                )
                for title, group in titled
            )
        )

    async def write(
        self,
        chapter: Chapter,
        segments: Sequence[Segment],
        outline: Outline,  # noqa: ARG002 - a model reads what the other chapters are about
        *,
        spent: Spending,  # noqa: ARG002 - rules are free
    ) -> Draft:
        """See `Writer.write`."""
        group = slides([one for one in segments if one.spoken.strip() or one.visual.strip()])
        sections: list[Section] = []
        for place, slide in enumerate(group):
            end = group[place + 1][0].start if place + 1 < len(group) else slide[-1].end
            heading = _title([slide]) if len(group) > 1 else None
            sections += _sections(slide, max(end, slide[0].start), heading)
        return Draft(chapter.title, tuple(sections), LABEL)


def slides(segments: Iterable[Segment]) -> list[Slide]:
    """Group segments by the slide that is shown; a slide's text is on its first segment."""
    found: list[Slide] = []
    shown = ""
    for segment in segments:
        visual = segment.visual.strip()
        # Of a slide that is talked about much may change; of others, all that is known is read.
        same = screen.is_same if segment.spoken.strip() else readings.is_same
        if not found or (visual and not same(visual, shown)):
            found.append([])
        shown = visual or shown
        found[-1].append(segment)
    return found


def _grouped(every: Iterable[Slide]) -> list[list[Slide]]:
    """Join slides to chapters that are neither too short nor, on one slide, too long."""
    pieces = [piece for slide in every for piece in _cut(slide)]
    if not pieces:
        return []
    least = max(SHORTEST, (pieces[-1][-1].end - pieces[0][0].start) / MOST_CHAPTERS)
    groups: list[list[Slide]] = []
    for piece in pieces:
        if groups and piece[0].start - groups[-1][0][0].start < least:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    if len(groups) > 1 and groups[-1][-1][-1].end - groups[-1][0][0].start < least:
        last = groups.pop()
        groups[-1] += last
    return groups


def _cut(slide: Slide) -> list[Slide]:
    """Cut a slide that is talked about for long: where a new part is announced, or at a pause."""
    pieces: list[Slide] = []
    rest = slide
    while rest[-1].end - rest[0].start > LONGEST:
        soonest, latest = rest[0].start + LONGEST / 2, rest[0].start + LONGEST
        places = [n for n in range(1, len(rest)) if soonest <= rest[n].start <= latest]
        if not places:
            break
        cued = [n for n in places if speech.has_cue(rest[n].spoken.strip())]
        at = max(cued or places, key=lambda n: rest[n].start - rest[n - 1].end)
        pieces.append(rest[:at])
        rest = rest[at:]
    return [*pieces, rest]


def _recurring(every: Sequence[Slide]) -> frozenset[str]:
    """Return lines that most slides show, such as a window's name: they head none of them."""
    seen = Counter(line for slide in every for line in set(screen.lines(_shown(slide))))
    least = max(3, len(every) / 2)
    return frozenset(line for line, count in seen.items() if count >= least)


def _shown(slide: Slide) -> str:
    return next((one.visual for one in slide if one.visual.strip()), "")


def _title(group: Sequence[Slide], recurring: frozenset[str] = frozenset()) -> str | None:
    """Return a heading: from the screen, else from a cue phrase, else keywords of the speech."""
    for slide in group:
        said = speech.vocabulary(" ".join(one.spoken for one in slide))
        if (found := screen.title(_shown(slide), said, recurring)) is not None:
            return found
    segments = [one for slide in group for one in slide]
    if (cued := speech.cue_title(speech.sentences(segments))) is not None:
        return cued
    words = speech.keywords(" ".join(one.spoken for one in segments))
    return ", ".join(words).capitalize() or None


def _description(group: Sequence[Slide]) -> str:
    """Return the first sentence, cut at a word where it is long."""
    found = speech.sentences(one for slide in group for one in slide)
    if not found:
        return "Shown on screen; nothing is said."
    text = found[0].text
    if len(text) <= _DESCRIPTION:
        return text
    return text[: _DESCRIPTION - 2].rsplit(" ", 1)[0] + " …"


def _sections(slide: Slide, end: float, heading: str | None) -> list[Section]:
    """Return a section for each paragraph or list of a slide; the first one has its picture."""
    by_number = {one.number: one for one in slide}
    numbers = tuple(by_number)
    first: list[Node] = []
    if heading is not None:
        first.append(node("heading", [tiptap.text(heading, [])], level=2))
    picture = (slide[0].start + end) / 2
    found = [([block], cited) for block, cited in _blocks(speech.sentences(slide))] or _only_shown(
        slide
    )
    if found and (code := screen.code(_shown(slide))) is not None:
        found.append(([node("codeBlock", [tiptap.text(code, [])], language=None)], numbers[:1]))
    if not found:  # a greeting and nothing else: the picture still tells the reader something
        found = [([], numbers)]
    sections: list[Section] = []
    for blocks, cited in found:
        doubts = [by_number[n] for n in cited if _is_doubtful(by_number[n])]
        markdown = to_markdown(node("doc", [*first, *blocks]))
        note = _doubt(doubts) if doubts else ""
        sections.append(Section(markdown, cited, None if sections else picture, note))
        first = []
    return sections


def _only_shown(slide: Slide) -> list[tuple[list[Node], tuple[int, ...]]]:
    """Return the screen's text as a list, for a slide about which nothing is said."""
    if screen.code(_shown(slide)) is not None:
        return [([_paragraph("Shown on screen:")], (slide[0].number,))]
    lines = [_item(line) for line in screen.lines(_shown(slide))[:_SHOWN]]
    if not lines:
        return []
    shown = [_paragraph("Shown on screen:"), node("bulletList", lines)]
    return [(shown, (slide[0].number,))]


def _blocks(found: Sequence[Sentence]) -> list[tuple[Node, tuple[int, ...]]]:
    """Return paragraphs and numbered lists, each with the segments it rests on."""
    steps = [speech.is_step(one.text) for one in found]
    blocks: list[tuple[Node, tuple[int, ...]]] = []
    prose: list[Sentence] = []

    def flush() -> None:
        for at in range(0, len(prose), _SENTENCES):
            part = prose[at : at + _SENTENCES]
            blocks.append((_paragraph(" ".join(one.text for one in part)), _cited(part)))
        prose.clear()

    at = 0
    while at < len(found):
        end = _run(steps, at)
        if sum(steps[at:end]) > 1:
            flush()
            blocks.append((_numbered(found[at:end], steps[at:end]), _cited(found[at:end])))
            at = end
        else:
            prose.append(found[at])
            at += 1
    flush()
    return blocks


def _run(steps: Sequence[bool], at: int) -> int:
    """Return where the steps from `at` end; one other sentence may stand between two of them."""
    end = at
    while end < len(steps) and (
        steps[end] or (end > at and steps[end - 1] and end + 1 < len(steps) and steps[end + 1])
    ):
        end += 1
    return end


def _numbered(found: Sequence[Sentence], steps: Sequence[bool]) -> Node:
    items: list[str] = []
    for sentence, step in zip(found, steps, strict=True):
        if step:
            items.append(speech.as_step(sentence.text))
        else:  # it says more about the step before
            items[-1] += f" {sentence.text}"
    return node("orderedList", [_item(item) for item in items], start=1)


def _cited(found: Iterable[Sentence]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for one in found for number in one.segments))


def _is_doubtful(segment: Segment) -> bool:
    return segment.confidence is not None and segment.confidence < UNSURE


def _doubt(doubts: Sequence[Segment]) -> str:
    places = ", ".join(dict.fromkeys(clock(one.start) for one in doubts))
    return f"Speech recognition was unsure at {places}: compare with the video."


def _paragraph(value: str) -> Node:
    return node("paragraph", [tiptap.text(value, [])])


def _item(value: str) -> Node:
    return node("listItem", [_paragraph(value)])

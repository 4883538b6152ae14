"""Google Gemini behind the writer port: one outline of the whole, then each article by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic
import structlog

from services.docgen.domain import depth
from services.docgen.domain.document import Chapter, Draft, Outline, Section, Segment
from shared.errors import BadOutputError, TruncatedError
from shared.gemini import Gemini
from shared.gemini.answers import twice
from shared.gemini.material import framed
from shared.gemini.prompts import load
from shared.spending import Spending
from shared.together import together

_OUTLINE = load("services.docgen", "outline")
_ARTICLE = load("services.docgen", "article")

log = structlog.get_logger()


class PlannedChapter(pydantic.BaseModel):
    """One chapter as the model gives it."""

    title: str
    description: str
    segments: list[int]


class Plan(pydantic.BaseModel):
    """The model's outline."""

    chapters: list[PlannedChapter]


class WrittenSection(pydantic.BaseModel):
    """One section as the model gives it; `picture_time` in seconds of the video."""

    markdown: str
    segments: list[int]
    picture_time: float | None


class WrittenArticle(pydantic.BaseModel):
    """The model's article."""

    title: str
    sections: list[WrittenSection]


@dataclass(frozen=True, slots=True)
class GeminiWriter:
    """The writer port on Gemini."""

    client: Gemini
    version: int = 100 * _OUTLINE.version + _ARTICLE.version

    @property
    def engine(self) -> str:
        """The model, as results are labelled."""
        return self.client.model

    async def outline(self, segments: Sequence[Segment], *, spent: Spending) -> Outline:
        """See `services.docgen.ports.Writer.outline`. Nothing to write about makes no call.

        A chapter about too much is outlined once more by itself, so that a long video does not end
        as one thin article.
        """
        material = depth.told(segments)
        if not material:
            return Outline()
        whole = depth.completed(await self._planned(material, spent), material)
        by_number = {one.number: one for one in material}
        divided = await together(
            self._divided(one, [by_number[n] for n in one.segments], spent)
            for one in whole.chapters
        )
        return depth.completed([one for part in divided for one in part], material)

    async def _divided(
        self, chapter: Chapter, segments: Sequence[Segment], spent: Spending
    ) -> Sequence[Chapter]:
        if len(segments) < 2 or not depth.is_too_long(segments):  # noqa: PLR2004 - one is whole
            return [chapter]
        parts = depth.completed(await self._planned(segments, spent), segments).chapters
        return parts if len(parts) > 1 else [chapter]

    async def _planned(self, segments: Sequence[Segment], spent: Spending) -> list[Chapter]:
        """Return the chapters that the model finds; of each half where its answer is cut off."""
        instruction = _OUTLINE.filled(chapters=str(depth.chapters_for(segments)))
        text = framed(_line(one) for one in segments)

        async def asked() -> list[Chapter]:
            answer = await self.client.generate(Plan, text, instruction=instruction, spent=spent)
            known = {one.number for one in segments}
            chapters = [
                Chapter(one.title.strip(), one.description.strip(), tuple(sorted(cited)))
                for one in answer.chapters
                if (cited := known & set(one.segments)) and one.title.strip()
            ]
            if not chapters:
                message = "the engine's outline names no chapter that rests on the transcript"
                raise BadOutputError(message)
            return chapters

        try:
            return await twice(asked)
        except TruncatedError:
            if len(segments) == 1:
                raise
            middle = len(segments) // 2
            halves = (segments[:middle], segments[middle:])
            found = await together(self._planned(half, spent) for half in halves)
            return [one for half in found for one in half]

    async def write(
        self, chapter: Chapter, segments: Sequence[Segment], outline: Outline, *, spent: Spending
    ) -> Draft:
        """See `services.docgen.ports.Writer.write`."""
        plan: list[Mapping[str, Any]] = [
            {"chapter": one.title, "about": one.description}
            | ({"write": True} if one == chapter else {})
            for one in outline.chapters
        ]
        text = framed([*plan, *(_line(one) for one in segments)])

        async def asked() -> Draft:
            answer = await self.client.generate(
                WrittenArticle, text, instruction=_ARTICLE.text, spent=spent
            )
            sections = [_section(one, segments) for one in answer.sections]
            written = tuple(one for one in sections if one.markdown and one.segments)
            if len(written) < len(sections):
                # What rests on nothing in the video is made up, and is not published.
                log.info("sections_without_source", count=len(sections) - len(written))
            if not written:
                message = f"the engine wrote nothing that rests on the chapter {chapter.title!r}"
                raise BadOutputError(message)
            return Draft(answer.title.strip() or chapter.title, written)

        try:
            return await twice(asked)
        except TruncatedError:
            if len(segments) == 1:
                raise
            middle = len(segments) // 2
            halves = (segments[:middle], segments[middle:])
            first, second = await together(
                self.write(chapter, half, outline, spent=spent) for half in halves
            )
            return Draft(first.title, (*first.sections, *second.sections))


def _line(one: Segment) -> Mapping[str, Any]:
    return {
        "number": one.number,
        "start": round(one.start, 1),
        "end": round(one.end, 1),
        "spoken": one.spoken,
        "shown": one.visual,
    }


def _section(one: WrittenSection, segments: Sequence[Segment]) -> Section:
    known = {segment.number for segment in segments}
    cited = tuple(sorted(known & set(one.segments)))
    first, last = segments[0].start, segments[-1].end
    second = one.picture_time
    # A model's second outside the chapter would show another chapter's screen.
    shown = second if second is not None and first <= second <= last else None
    return Section(one.markdown.strip(), cited, shown)

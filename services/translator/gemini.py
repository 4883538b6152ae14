"""Google Gemini behind the engine port: batches of texts side by side, each with its id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pydantic

from services.translator.domain.batches import batches
from services.translator.domain.checks import Failed
from services.translator.domain.items import Item
from services.translator.domain.ladder import Given, Ladder, Rejected
from services.translator.domain.style import Into, Style
from shared.gemini import Gemini
from shared.gemini.material import framed
from shared.gemini.prompts import Prompt, load
from shared.spending import Spending
from shared.together import together

_TRANSLATE = load("services.translator", "translate")
_REPAIR = load("services.translator", "repair")
_ADDRESS = {
    "formal": "- Address the reader formally, as with Sie, vous, usted or Lei.",
    "informal": "- Address the reader informally, as with du, tu or tú.",
}


class TranslatedItem(pydantic.BaseModel):
    """One translation as the model gives it."""

    id: str
    starts_with: str
    text: str


class TranslatedItems(pydantic.BaseModel):
    """All translations of a batch."""

    items: list[TranslatedItem]


@dataclass(frozen=True, slots=True)
class GeminiTranslator:
    """The engine port on Gemini."""

    client: Gemini
    version: int = 100 * _TRANSLATE.version + _REPAIR.version

    @property
    def name(self) -> str:
        """The model, as results are labelled."""
        return self.client.model

    async def languages(self) -> Sequence[str] | None:
        """Return none: any language can be asked for."""
        return None

    async def translate(
        self, items: Sequence[Item], into: Into, *, spent: Spending
    ) -> Mapping[str, str | Failed]:
        """See `services.translator.ports.Engine.translate`. Equal texts are asked for once."""
        first: dict[str, Item] = {}
        for item in items:
            first.setdefault(item.text, item)
        texts = list(first.values())
        ladder = Ladder(_Asker(self.client, into, spent), texts, into)
        settled: set[int] = set()

        async def settle(batch: Sequence[int]) -> dict[str, str]:
            answer = await ladder.settled(batch)
            settled.update(batch)
            spent.reach(len(settled) / len(texts))
            return answer

        answers = await together(settle(batch) for batch in batches(texts, into.target))
        found = {id_: text for answer in answers for id_, text in answer.items()}
        if texts and not found and ladder.refusals:
            raise ladder.refusals[-1]  # what asking again and again has come to
        asked = {item.id: first[item.text].id for item in items}
        return {
            id_: found[one] if one in found else Failed(ladder.wrong[one])
            for id_, one in asked.items()
        }


@dataclass(frozen=True, slots=True)
class _Asker:
    """The questions of one call, as prompts."""

    client: Gemini
    into: Into
    spent: Spending

    async def translate(
        self, items: Sequence[Item], before: Sequence[str], after: Sequence[str]
    ) -> Sequence[Given]:
        """See `services.translator.domain.ladder.Asker.translate`."""
        lines = [{"before": text} for text in before]
        lines += [{"id": item.id, "text": item.text} for item in items]
        lines += [{"after": text} for text in after]
        return await self._asked(_TRANSLATE, lines, items)

    async def repair(self, rejected: Sequence[Rejected]) -> Sequence[Given]:
        """See `services.translator.domain.ladder.Asker.repair`."""
        lines = [
            {
                "id": one.item.id,
                "text": one.item.text,
                "rejected": one.text,
                "wrong": "; ".join(one.wrong),
            }
            for one in rejected
        ]
        return await self._asked(_REPAIR, lines, [one.item for one in rejected])

    async def _asked(
        self, prompt: Prompt, lines: Iterable[Mapping[str, str]], items: Sequence[Item]
    ) -> list[Given]:
        answer = await self.client.generate(
            TranslatedItems,
            framed(lines),
            instruction=prompt.filled(
                source=self.into.source,
                target=self.into.target,
                style=_wishes(self.into.style, [item.text for item in items]),
            ),
            spent=self.spent,
        )
        return [Given(one.id, one.starts_with, one.text) for one in answer.items]


def _wishes(style: Style, texts: Sequence[str]) -> str:
    """Return a style as lines of a prompt; a glossary's terms only where they occur."""
    lines = [_ADDRESS[style.formality]] if style.formality else []
    terms = style.occurring(texts)
    if terms:
        lines.append("- These words have one translation each, inflected as the sentence needs:")
        lines.append(framed({"term": term, "is": made} for term, made in terms.items()))
    return "\n".join(lines)

"""The ladder against a model of our own, which spoils what it is told to."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.translator.domain.items import Item
from services.translator.domain.ladder import Given, Ladder, Rejected
from services.translator.domain.style import PLAIN, Into, Style
from shared.errors import AuthFailedError, BadOutputError, BlockedError, EngineError, TruncatedError

Spoil = Callable[[list[Given]], Iterable[Given]]


class Model:
    """Answers in capitals; each of `spoils` is done to one answer, in order."""

    def __init__(self, *spoils: Spoil | EngineError) -> None:
        self.spoils = list(spoils)
        self.asked: list[tuple[str, int]] = []
        self.seen: list[tuple[Sequence[str], Sequence[str]]] = []
        self.rejected: list[Rejected] = []

    async def translate(
        self, items: Sequence[Item], before: Sequence[str], after: Sequence[str]
    ) -> Sequence[Given]:
        self.seen.append((before, after))
        return self._answer("translate", items)

    async def repair(self, rejected: Sequence[Rejected]) -> Sequence[Given]:
        self.rejected += rejected
        return self._answer("repair", [one.item for one in rejected])

    def _answer(self, kind: str, items: Sequence[Item]) -> Sequence[Given]:
        self.asked.append((kind, len(items)))
        given_ = [right(item) for item in items]
        spoil = self.spoils.pop(0) if self.spoils else list
        if isinstance(spoil, EngineError):
            raise spoil
        return list(spoil(given_))


def right(item: Item) -> Given:
    return Given(item.id, " ".join(item.text.split()[:3]), f"{item.text.swapcase()} es")


def texts(count: int) -> list[Item]:
    words = ["open", "close", "save", "press", "wait", "drag", "type", "look"]
    return [Item(f"{n}", f"{words[n % 8]} and {words[n // 8 % 8]} item {n}") for n in range(count)]


async def climbed(
    model: Model, items: Sequence[Item], style: Style = PLAIN
) -> tuple[dict[str, str], Ladder]:
    ladder = Ladder(model, items, Into("en", "es", style))
    return await ladder.settled(range(len(items))), ladder


def expected(items: Iterable[Item], *, but: Iterable[str] = ()) -> dict[str, str]:
    return {item.id: right(item).text for item in items if item.id not in but}


async def test_a_good_answer_is_one_call() -> None:
    model = Model()
    assert (await climbed(model, texts(50)))[0] == expected(texts(50))
    assert model.asked == [("translate", 50)]


async def test_a_dropped_item_is_asked_for_again_with_its_neighbours() -> None:
    model = Model(lambda given_: given_[:37] + given_[38:])
    assert (await climbed(model, texts(50)))[0] == expected(texts(50))
    assert model.asked == [("translate", 50), ("repair", 3)]
    assert [one.item.id for one in model.rejected] == ["36", "37", "38"]


async def test_an_item_that_was_merged_into_the_one_before_leaves_nothing_there() -> None:
    def merged(given_: list[Given]) -> list[Given]:
        one, other = given_[36], given_[37]
        return [
            *given_[:36],
            Given(one.id, one.starts_with, f"{one.text} {other.text}"),
            *given_[38:],
        ]

    found, _ = await climbed(Model(merged), texts(50))
    assert found == expected(texts(50))


async def test_a_shift_is_seen_by_how_the_texts_begin() -> None:
    def shifted(given_: list[Given]) -> list[Given]:
        moved = [
            Given(one.id, other.starts_with, other.text) for one, other in pairwise(given_[20:])
        ]
        return [*given_[:20], *moved]

    model = Model(shifted)
    assert (await climbed(model, texts(50)))[0] == expected(texts(50))
    assert model.asked == [("translate", 50), ("repair", 31)]


async def test_a_doubled_and_an_unknown_id_are_not_taken() -> None:
    model = Model(
        lambda given_: [
            *given_,
            Given("5", given_[5].starts_with, "OTHER 5"),
            Given("99", "x", "y"),
        ]
    )
    assert (await climbed(model, texts(9)))[0] == expected(texts(9))


@pytest.mark.parametrize("error", [BadOutputError(), BlockedError(), TruncatedError("")])
async def test_an_answer_of_no_use_is_asked_for_in_halves(error: EngineError) -> None:
    model = Model(error)
    assert (await climbed(model, texts(8)))[0] == expected(texts(8))
    assert model.asked == [("translate", 8), ("translate", 4), ("translate", 4)]


async def test_a_refused_text_costs_none_of_the_others() -> None:
    class Refusing(Model):
        async def translate(
            self, items: Sequence[Item], before: Sequence[str], after: Sequence[str]
        ) -> Sequence[Given]:
            if any(item.id == "3" for item in items):
                raise BlockedError
            return await super().translate(items, before, after)

    found, ladder = await climbed(Refusing(), texts(8))
    assert found == expected(texts(8), but={"3"})
    assert ladder.refusals


async def test_what_stays_wrong_is_asked_for_on_every_rung_and_then_left_out() -> None:
    class Stubborn(Model):
        def _answer(self, kind: str, items: Sequence[Item]) -> Sequence[Given]:
            self.asked.append((kind, len(items)))
            bad = {"1", "3", "5", "7"}
            return [
                Given(
                    one.id,
                    right(one).starts_with,
                    "WRONG 1234" if one.id in bad else right(one).text,
                )
                for one in items
            ]

    model = Stubborn()
    found, _ = await climbed(model, texts(8))
    assert found == expected(texts(8), but={"1", "3", "5", "7"})
    assert model.asked == [
        ("translate", 8),
        ("repair", 4),
        *[("translate", 2)] * 2,
        *[("translate", 1)] * 4,
    ]
    # A single one is shown with its neighbours.
    assert model.seen[-1][0] == [one.text for one in texts(8)[4:7]]


async def test_what_only_looks_odd_is_believed_when_it_is_said_again() -> None:
    items = [Item("0", "kindergarten"), Item("1", "open it")]

    class Insisting(Model):
        def _answer(self, kind: str, items: Sequence[Item]) -> Sequence[Given]:
            self.asked.append((kind, len(items)))
            return [Given(one.id, one.text, one.text) for one in items if one.id == "0"] + [
                right(one) for one in items if one.id == "1"
            ]

    model = Insisting()
    found, _ = await climbed(model, items)
    assert found["0"] == "kindergarten"
    assert model.asked == [("translate", 2), ("repair", 1)]


async def test_the_glossary_is_kept_or_the_text_is_not_taken() -> None:
    items = [Item("0", "save it"), Item("1", "close it")]
    model = Model()
    found, _ = await climbed(model, items, Style(glossary={"save": "guardar"}))
    assert found == {"1": "CLOSE IT es"}
    assert "'save' is to be 'guardar'" in model.rejected[0].wrong


async def test_what_concerns_all_ends_the_climb() -> None:
    with pytest.raises(AuthFailedError):
        await climbed(Model(AuthFailedError()), texts(3))


@given(st.data())
async def test_whatever_a_model_does_to_its_list_no_text_gets_anothers_translation(
    data: st.DataObject,
) -> None:
    # Without numbers, which would tell them apart as well.
    items = [Item(one.id, one.text.rpartition(" ")[0]) for one in texts(12)]

    def spoilt(given_: list[Given]) -> list[Given]:
        kept = data.draw(st.lists(st.sampled_from(given_), max_size=15)) if given_ else []
        ids = data.draw(
            st.lists(st.sampled_from([one.id for one in given_]), min_size=15, max_size=15)
        )
        swapped = data.draw(st.booleans())
        return [
            Given(id_ if swapped else one.id, one.starts_with, one.text)
            for one, id_ in zip(kept, ids, strict=False)
        ]

    found, _ = await climbed(Model(spoilt, spoilt, spoilt, spoilt), items)
    assert found == expected(items, but=set(expected(items)) - set(found))

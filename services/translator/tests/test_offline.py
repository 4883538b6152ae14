import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.translator.domain.checks import violations
from services.translator.domain.items import Item
from services.translator.domain.style import Into
from services.translator.offline import Apertium, _framed, _Pipeline, _tidied, _unframed
from shared.errors import TransientError, UnsupportedError
from shared.spending import Spending

INSTALLED = asyncio.run(Apertium().languages())
needs_apertium = pytest.mark.skipif(not INSTALLED, reason="Apertium's pairs are not installed")


@pytest.fixture
async def engine() -> AsyncIterator[Apertium]:
    engine = Apertium()
    yield engine
    await engine.close()


@needs_apertium
@pytest.mark.parametrize("target", INSTALLED)
async def test_sentences_are_translated_and_structure_kept(engine: Apertium, target: str) -> None:
    texts = [
        "The window is open.",
        "Click the ⟦1⟧button⟦/1⟧ called ⟦2⟧ 3 times.",
        "Brackets [like] {these} ^and$ a/b \\ <c> @ stay.",
        "日本 “quotes” & more",
        "The window is open.",
    ]
    items = [Item(str(n), text) for n, text in enumerate(texts)]
    found = await engine.translate(items, Into("en", target), spent=Spending())
    assert found["0"] == found["4"] != texts[0]
    for item in items:
        assert violations(item.text, found[item.id]) == []
    assert "*" not in "".join(found.values())


@needs_apertium
async def test_many_at_once_do_not_mix(engine: Apertium) -> None:
    target = INSTALLED[0]
    texts = [f"The house number {n} is red." for n in range(40)]
    alone = [
        (await engine.translate([Item("x", t)], Into("en", target), spent=Spending()))["x"]
        for t in texts
    ]
    many = await asyncio.gather(
        *(engine.translate([Item("x", t)], Into("en", target), spent=Spending()) for t in texts)
    )
    assert [one["x"] for one in many] == alone


@needs_apertium
async def test_a_pipeline_that_died_is_started_again(engine: Apertium) -> None:
    target = INSTALLED[0]
    item = Item("x", "The window is open.")
    first = await engine.translate([item], Into("en", target), spent=Spending())
    for program in engine._pipelines[target]._running:
        program.kill()
        program.wait()
    assert await engine.translate([item], Into("en", target), spent=Spending()) == first


@needs_apertium
@pytest.mark.parametrize("target", INSTALLED)
async def test_addresses_and_tildes_stay(engine: Apertium, target: str) -> None:
    kept = ["https://example.org/a?b=c_d[1]", "www.a.org", "me.too@example.org", "~/notes"]
    text = f"See a window at {' and '.join(kept)} today."
    (found,) = (
        await engine.translate([Item("x", text)], Into("en", target), spent=Spending())
    ).values()
    assert violations(text, found) == []
    assert [one for one in (*kept[:3], "~") if one not in found] == []


@needs_apertium
async def test_a_cancelled_text_leaves_nothing_for_the_next(engine: Apertium) -> None:
    target = INSTALLED[0]
    short = [Item("x", "The window is open.")]
    long = [Item("x", "This is a long sentence. " * 500)]
    right = await engine.translate(short, Into("en", target), spent=Spending())
    for _ in range(5):
        given_up = asyncio.create_task(engine.translate(long, Into("en", target), spent=Spending()))
        await asyncio.sleep(0.005)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert await engine.translate(short, Into("en", target), spent=Spending()) == right


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("⟦⟧[]\\/1oc~")))
@example("a folder C:\\⟦1⟧, see http://a.org/[b]\\")
def test_what_is_framed_comes_back(text: str) -> None:
    text = text.replace("\0", "")
    assert _unframed(_framed(text).decode()) == text


async def test_a_text_longer_than_the_pipes_passes() -> None:
    pipeline = _Pipeline([["cat"], ["cat"]])
    text = "some words " * 100_000
    try:
        assert await asyncio.wait_for(pipeline.through(text), 20) == text
    finally:
        await pipeline.end()


@pytest.mark.parametrize("programs", [[["false"]], [["docreel-has-no-such-program"]]])
async def test_a_pipeline_that_cannot_run_is_transient(programs: list[list[str]]) -> None:
    pipeline = _Pipeline(programs)
    with pytest.raises(TransientError, match="pipeline ended"):
        await pipeline.through("words")
    await pipeline.end()


@pytest.mark.parametrize(
    ("source", "text", "tidied"),
    [
        ("it works ", " Lo  funciona", "lo funciona "),
        ("⟦1⟧the⟦/1⟧ end", "⟦1⟧El⟦/1⟧ fin", "⟦1⟧el⟦/1⟧ fin"),
        ("The end", "El fin", "El fin"),
        ("a PDF", "PDF", "PDF"),
        ("a  b", "A  b", "a  b"),
    ],
)
def test_a_text_is_tidied_as_its_source_is(source: str, text: str, tidied: str) -> None:
    assert _tidied(source, text) == tidied


@pytest.mark.parametrize(("source", "target"), [("en", "ja"), ("de", "es")])
async def test_other_languages_are_refused_with_what_there_is(
    engine: Apertium, source: str, target: str
) -> None:
    with pytest.raises(UnsupportedError, match="from English to: "):
        await engine.translate([Item("x", "Hello")], Into(source, target), spent=Spending())


async def test_without_any_pair_it_says_what_to_install(tmp_path: Path) -> None:
    engine = Apertium(tmp_path)
    assert await engine.languages() == []
    with pytest.raises(UnsupportedError, match="apertium-eng-spa"):
        await engine.translate([Item("x", "Hello")], Into("en", "es"), spent=Spending())


async def test_a_pair_that_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "eng-spa.mode").write_text("lt-proc x")
    with pytest.raises(UnsupportedError, match=r"install Debian's apertium-en-gl$"):
        await Apertium(tmp_path).translate([Item("x", "Hello")], Into("en", "gl"), spent=Spending())

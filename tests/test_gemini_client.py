"""The real google-genai client on the wire: errors told apart, waits kept, files taken back."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pydantic
import pytest

from shared import errors
from shared.gemini import Gemini
from shared.gemini.files import RemoteFile
from shared.media.cutting import Clip
from shared.spending import Spending
from simulators.gemini.server import KEY, Simulator, serving
from simulators.gemini.wire import Blocked, Dropped, Outcome, Refusal, Reply, delayed
from tests.support.film import counting

pytestmark = pytest.mark.integration


class Word(pydantic.BaseModel):
    word: str


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def gemini(simulator: Simulator) -> AsyncIterator[Gemini]:
    client = Gemini(KEY, "gemini-3.8-flash", base_url=simulator.url, limit=5)
    yield client
    await client.close()


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return Clip(counting(tmp_path / "film.mp4", 5), 0, "video/mp4")


async def ask(gemini: Gemini, spent: Spending | None = None, file: RemoteFile | None = None) -> str:
    answer = await gemini.generate(
        Word,
        "Which word?",
        instruction="Answer.",
        spent=Spending() if spent is None else spent,
        file=file,
    )
    return answer.word


async def test_an_answer_is_validated_and_its_tokens_are_counted(
    simulator: Simulator, gemini: Gemini
) -> None:
    simulator.will(Reply({"word": "reel"}))
    spent = Spending()
    assert await ask(gemini, spent) == "reel"
    (call,) = spent.calls
    assert (call.prompt, call.output) == (simulator.usage.prompt, simulator.usage.output)
    assert call.prompt > 0
    assert call.model == "gemini-3.8-flash"


@pytest.mark.parametrize(
    ("outcome", "kind", "words"),
    [
        (Reply({"word": "re"}, "MAX_TOKENS"), errors.TruncatedError, "longer"),
        (Reply("", "SAFETY"), errors.BlockedError, "SAFETY"),
        (Reply("", "RECITATION"), errors.BlockedError, "RECITATION"),
        (Blocked(), errors.BlockedError, "PROHIBITED_CONTENT"),
        (Reply('{"word": '), errors.BadOutputError, "not as asked"),
        (Reply({"sentence": "reel"}), errors.BadOutputError, "word"),
        (Reply("", "MALFORMED_RESPONSE"), errors.BadOutputError, "malformed"),
    ],
)
async def test_a_useless_answer_is_told_apart_asked_for_once_and_counted(
    simulator: Simulator, gemini: Gemini, outcome: Outcome, kind: type[Exception], words: str
) -> None:
    simulator.will(outcome)
    spent = Spending()
    with pytest.raises(kind, match=words):
        await ask(gemini, spent)
    assert len(simulator.asked) == 1
    assert sum(call.prompt + call.output for call in spent.calls) == (
        simulator.usage.prompt + simulator.usage.output
    )


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (Refusal(403, "PERMISSION_DENIED", "no"), errors.AuthFailedError),
        (Refusal(400, "INVALID_ARGUMENT", "API key not valid."), errors.AuthFailedError),
        (Refusal(400, "INVALID_ARGUMENT", "too many frames"), errors.UnsupportedError),
        (Refusal(404, "NOT_FOUND", "models/m is not found"), errors.UnsupportedError),
    ],
)
async def test_what_asking_again_will_not_help_is_asked_once(
    simulator: Simulator, gemini: Gemini, refusal: Refusal, kind: type[Exception]
) -> None:
    simulator.will(refusal)
    with pytest.raises(kind):
        await ask(gemini)
    assert len(simulator.asked) == 1


@pytest.mark.parametrize(
    "outcome", [Refusal(503, "UNAVAILABLE", "overloaded"), Refusal(500, "INTERNAL", "x"), Dropped()]
)
async def test_what_passes_by_itself_is_asked_again(
    simulator: Simulator, gemini: Gemini, outcome: Outcome
) -> None:
    simulator.will(outcome, Reply({"word": "reel"}))
    assert await ask(gemini) == "reel"
    assert len(simulator.asked) == 2


async def test_what_does_not_pass_ends_as_an_error_in_passing(
    simulator: Simulator, gemini: Gemini
) -> None:
    simulator.when(lambda _: True, Refusal(503, "UNAVAILABLE", "overloaded"))
    with pytest.raises(errors.TransientError, match="overloaded"):
        await ask(gemini)
    assert len(simulator.asked) == 4


async def test_a_call_has_a_time_limit_of_its_own(simulator: Simulator) -> None:
    client = Gemini(KEY, "m", base_url=simulator.url, limit=0.2)
    simulator.seconds = 3
    spent = Spending()
    with pytest.raises(errors.TransientError, match="in time"):
        await ask(client, spent)
    await client.close()
    assert_given_up(spent, len(simulator.asked))


def assert_given_up(spent: Spending, calls: int) -> None:
    """Each call may have been paid for, and is noted with what its prompt is about."""
    assert len(spent.calls) == calls > 0
    for call in spent.calls:
        assert not call.answered
        assert call.prompt > 0
        assert call.output == 0


async def test_a_call_that_is_cancelled_is_noted_as_given_up(
    simulator: Simulator, gemini: Gemini
) -> None:
    simulator.seconds = 30
    spent = Spending()
    task = asyncio.create_task(ask(gemini, spent))
    await simulator.calls(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_given_up(spent, 1)


async def test_only_a_call_that_was_on_its_way_is_noted(
    simulator: Simulator, gemini: Gemini
) -> None:
    simulator.will(Dropped(), Refusal(503, "UNAVAILABLE", "overloaded"), Reply({"word": "reel"}))
    spent = Spending()
    assert await ask(gemini, spent) == "reel"
    dropped, answered = spent.calls  # a refusal costs nothing
    assert_given_up(Spending([dropped]), 1)
    assert answered.model == "gemini-3.8-flash"
    gate = Recorded(closed_for=30)
    waiting = Gemini(KEY, "m", base_url=simulator.url, gate=gate)
    spent = Spending()
    task = asyncio.create_task(ask(waiting, spent))
    async with asyncio.timeout(10):
        await gate.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spent.calls == []
    await waiting.close()


class Recorded:
    """A gate that keeps what it was told, and may hold everybody back."""

    def __init__(self, closed_for: float = 0) -> None:
        self.tokens: list[int] = []
        self.asked = asyncio.Event()
        self._closed_for = closed_for

    async def admit(self, model: str, tokens: int) -> None:
        del model
        self.tokens.append(tokens)
        self.asked.set()
        await asyncio.sleep(self._closed_for)

    async def closed(self, model: str, after: float, *, daily: bool) -> None:
        raise AssertionError((model, after, daily))


async def test_a_videos_tokens_are_counted_by_the_service_before_the_call(
    simulator: Simulator, clip: Clip
) -> None:
    gate = Recorded()
    client = Gemini(KEY, "gemini-3.8-flash", base_url=simulator.url, limit=5, gate=gate)
    simulator.will(*[Reply({"word": "reel"})] * 3)
    await ask(client)
    assert not [one for one in simulator.log if one.path.endswith(":countTokens")]
    estimate, used = gate.tokens.pop(), simulator.usage.prompt
    assert abs(estimate - used) <= 2
    async with client.uploaded(clip.path, clip.mime_type) as file:
        await ask(client, file=file)
        (counting,) = [one for one in simulator.log if one.path.endswith(":countTokens")]
        assert counting.status == 200
        assert abs(gate.tokens.pop() - (simulator.usage.prompt - used)) <= 2
        assert simulator.usage.prompt - used > 1000  # of which its few words tell nothing
        # What cannot be counted is estimated, and the call is made.
        simulator.trouble("/v1/models", Refusal(429, "RESOURCE_EXHAUSTED", "enough"))
        assert await ask(client, file=file) == "reel"
        assert gate.tokens.pop() < estimate + 2
    await client.close()


async def test_a_short_delay_is_kept_to_the_second(simulator: Simulator, gemini: Gemini) -> None:
    simulator.will(delayed(1.5), Reply({"word": "reel"}))
    begun = time.monotonic()
    assert await ask(gemini) == "reel"
    assert time.monotonic() - begun >= 1.5
    assert len(simulator.asked) == 2


@pytest.mark.parametrize(
    ("quota", "day", "after"),
    [
        ("GenerateRequestsPerMinutePerProjectPerModel", 3600, 45.8),
        ("GenerateRequestsPerDayPerProjectPerModel", 3600, 3600),
        ("GenerateRequestsPerDayPerProjectPerModel", 1, 45.8),
    ],
)
async def test_a_long_delay_and_a_days_quota_are_left_to_the_queue(
    simulator: Simulator, quota: str, day: float, after: float
) -> None:
    gemini = Gemini(KEY, "gemini-3.8-flash", base_url=simulator.url, day=day)
    simulator.will(delayed(45.8, quota))
    with pytest.raises(errors.RateLimitedError) as limited:
        await ask(gemini)
    assert round(limited.value.after, 1) == after
    assert limited.value.daily is ("PerDay" in quota)
    # Nobody in this process knocks before that.
    with pytest.raises(errors.RateLimitedError):
        await ask(gemini)
    assert len(simulator.asked) == 1
    await gemini.close()


async def test_nobody_there_is_an_error_in_passing() -> None:
    client = Gemini(KEY, "m", base_url="http://127.0.0.1:9", limit=5)
    with pytest.raises(errors.TransientError):
        await ask(client)
    await client.close()


async def test_a_wrong_key_is_one_clear_sentence(simulator: Simulator, clip: Clip) -> None:
    client = Gemini("wrong", "gemini-3.8-flash", base_url=simulator.url)
    with pytest.raises(errors.AuthFailedError, match="check GEMINI_API_KEY"):
        async with client.uploaded(clip.path, clip.mime_type):
            pass
    with pytest.raises(errors.AuthFailedError, match="check GEMINI_API_KEY"):
        await ask(client)
    await client.close()


async def test_a_file_is_waited_for_used_and_taken_back(
    simulator: Simulator, gemini: Gemini, clip: Clip
) -> None:
    simulator.files.processing = 0.5
    simulator.will(Reply({"word": "reel"}))
    async with gemini.uploaded(clip.path, clip.mime_type) as file:
        (stored,) = simulator.files.all.values()
        assert stored.path.read_bytes() == clip.path.read_bytes()
        assert stored.polls >= 2
        assert await ask(gemini, file=file) == "reel"
        # The video before the text about it.
        assert "fileData" in simulator.asked[0].parts[0]
    assert not simulator.files.all


@pytest.mark.parametrize("path", ["/upload/v1/files", "/upload/v1/sessions", "/v1/files/dr-"])
@pytest.mark.parametrize("outcome", [Dropped(), Refusal(503, "UNAVAILABLE", "overloaded")])
async def test_a_broken_upload_is_begun_again_and_nothing_is_left_of_it(
    simulator: Simulator, gemini: Gemini, clip: Clip, path: str, outcome: Dropped | Refusal
) -> None:
    simulator.trouble(path, outcome)
    simulator.will(Reply({"word": "reel"}))
    async with gemini.uploaded(clip.path, clip.mime_type) as file:
        assert await ask(gemini, file=file) == "reel"
    assert not simulator.files.all


async def test_a_file_that_has_expired_is_uploaded_again(
    simulator: Simulator, gemini: Gemini, clip: Clip
) -> None:
    simulator.will(Reply({"word": "reel"}))
    async with gemini.uploaded(clip.path, clip.mime_type) as file:
        for name in list(simulator.files.all):
            simulator.files.forget(name)
        assert await ask(gemini, file=file) == "reel"
        assert file.uploads == 2
    assert not simulator.files.all


async def test_a_file_that_cannot_be_processed_is_an_end(
    simulator: Simulator, gemini: Gemini, clip: Clip
) -> None:
    simulator.files.failing.append(True)
    with pytest.raises(errors.UnsupportedError, match="could not process"):
        async with gemini.uploaded(clip.path, clip.mime_type):
            pass
    assert not simulator.files.all


async def test_a_file_is_taken_back_when_its_unit_is_cancelled(
    simulator: Simulator, gemini: Gemini, clip: Clip
) -> None:
    simulator.seconds = 30

    async def work() -> None:
        async with gemini.uploaded(clip.path, clip.mime_type) as file:
            await ask(gemini, file=file)

    task = asyncio.create_task(work())
    await simulator.calls(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not simulator.files.all


async def test_a_file_is_taken_back_when_its_upload_is_cancelled(
    simulator: Simulator, gemini: Gemini, clip: Clip
) -> None:
    simulator.files.processing = 30

    async def work() -> None:
        async with gemini.uploaded(clip.path, clip.mime_type):
            pass

    task = asyncio.create_task(work())
    async with asyncio.timeout(10):
        while not simulator.files.all:  # noqa: ASYNC110 - the simulator has no event for it
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not simulator.files.all

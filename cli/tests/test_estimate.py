import json
from pathlib import Path

import pytest

from .conftest import Docreel, FakeGateway

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "sample.mp4"
PART = {"part": "transcription", "calls": 1, "prompt_tokens": 17_000, "output_tokens": 500}


@pytest.fixture
def told(gateway: FakeGateway) -> FakeGateway:
    gateway.estimate = {
        "engine": "gemini-3.8-flash",
        "seconds": 56,
        "calls": 1,
        "prompt_tokens": 17_000,
        "output_tokens": 500,
        "cost": 0.014,
        "parts": [PART],
    }
    return gateway


def test_a_video_is_measured_here_and_priced_there(told: FakeGateway, docreel: Docreel) -> None:
    ended = docreel("estimate", str(SAMPLE), "--languages", "es,ca")
    assert ended.out.splitlines() == [
        "Engine: gemini-3.8-flash",
        "Length: 0 min 56 s",
        "transcription: 1 call, about 17,000 tokens in and 500 out",
        "All: 1 call, about 17,000 tokens in and 500 out",
        "Cost: about $0.01. Nothing was spent.",
    ]
    asked = json.loads(docreel("estimate", str(SAMPLE), "--languages", "es,ca", "--json").out)
    (seconds, *languages) = asked["asked"]
    assert float(seconds[1]) == pytest.approx(56, abs=1)
    assert languages == [["languages", "es"], ["languages", "ca"]]
    assert {path for _, path in told.requests} == {"/api/estimate"}


def test_a_price_that_nobody_knows_is_said_so(told: FakeGateway, docreel: Docreel) -> None:
    told.estimate["cost"] = None
    assert "Cost: unknown" in docreel("estimate", str(SAMPLE)).out


def test_what_costs_nothing_says_so(told: FakeGateway, docreel: Docreel) -> None:
    told.estimate |= {"calls": 0, "cost": 0, "parts": [], "engine": "apertium"}
    assert docreel("estimate", str(SAMPLE)).out.endswith("This engine costs nothing.\n")


def test_what_is_no_video_is_bad_usage(told: FakeGateway, docreel: Docreel, tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("Buy milk.")
    ended = docreel("estimate", str(path))
    assert ended.status == 2
    assert "notes.mp4" in ended.err
    assert not told.requests

from itertools import count, pairwise

import pytest

from services.docgen.domain.document import Chapter, Draft, Outline, Segment
from services.docgen.offline import LABEL, OfflineWriter
from shared.spending import Spending


def talk(*said: tuple[float, str] | tuple[float, str, str], length: float = 4.0) -> list[Segment]:
    """Segments of `length` seconds: (start, spoken) or (start, spoken, visual)."""
    return [
        Segment(n, one[0], one[0] + length, one[1], one[2] if len(one) > 2 else "", 0.8)
        for n, one in enumerate(said)
    ]


async def written(segments: list[Segment]) -> list[Draft]:
    writer = OfflineWriter()
    outline = await writer.outline(segments, spent=Spending())
    return [
        await writer.write(one, [segments[n] for n in one.segments], outline, spent=Spending())
        for one in outline.chapters
    ]


def text(draft: Draft) -> str:
    return "\n".join(section.markdown for section in draft.sections)


async def test_a_change_of_slide_begins_a_chapter_headed_by_the_screen() -> None:
    segments = talk(
        (0, "Welcome."),
        (5, "We keep boats in a harbor.", "Active\nHow the harbor works\nBoats"),
        (20, "Next invite the people in your team.", "Role\nInvite your team\nAnna Field"),
        (26, "Type a name."),
    )
    outline = await OfflineWriter().outline(segments, spent=Spending())
    assert [(one.title, one.segments) for one in outline.chapters] == [
        ("How the harbor works", (0, 1)),
        ("Invite your team", (2, 3)),
    ]


async def test_a_slide_read_again_with_other_faults_is_the_same_slide() -> None:
    segments = talk(
        (0, "Look at this page.", "Edit the settings file\noutput folder\nkeep days"),
        (20, "It goes on.", "Edit the settings file\nil\nkeep days\noutput folder"),
    )
    assert len((await OfflineWriter().outline(segments, spent=Spending())).chapters) == 1


async def test_a_slide_too_short_for_a_chapter_joins_the_one_before() -> None:
    segments = talk(
        (0, "Here is the start.", "Getting started today"),
        (4, "Then a moment of this.", "Something else entirely"),
        (30, "The last words.", "Where to go from here"),
    )
    outline = await OfflineWriter().outline(segments, spent=Spending())
    assert [one.segments for one in outline.chapters] == [(0, 1, 2)]
    (draft,) = await written(segments)
    assert [section.picture for section in draft.sections] == [2.0, 17.0, 32.0]
    assert "## Something else entirely" in text(draft)


@pytest.mark.parametrize(
    ("spoken", "title"),
    [
        ("In this video we will create a new project.", "Create a new project"),
        ("Let's look at the report.", "Look at the report"),
        ("Boats carry cargo. Boats carry cargo and people.", "Boats, carry, cargo"),
        ("Mm.", "Part 1"),
    ],
)
async def test_without_a_title_on_screen_speech_gives_one(spoken: str, title: str) -> None:
    outline = await OfflineWriter().outline(talk((0, spoken)), spent=Spending())
    assert [one.title for one in outline.chapters] == [title]


async def test_a_long_talk_without_slides_is_cut_at_announcements() -> None:
    said = [(n * 10.0, "They say some words about it.") for n in range(180)]
    said[45] = (450.0, "Let us move on to boats.")
    outline = await OfflineWriter().outline(talk(*said), spent=Spending())
    lengths = [len(one.segments) for one in outline.chapters]
    assert lengths[0] == 45
    assert sum(lengths) == 180
    assert max(lengths) <= 61


async def test_steps_become_a_numbered_list_and_the_rest_paragraphs() -> None:
    (draft,) = await written(
        talk(
            (0, "This is how."),
            (5, "First, open the window."),
            (10, "It is a large one."),
            (15, "Then press create."),
            (20, "That is all."),
        )
    )
    assert text(draft) == (
        "This is how.\n\n1. Open the window. It is a large one.\n2. Press create.\n\nThat is all.\n"
    )
    assert [section.segments for section in draft.sections] == [(0,), (1, 2, 3), (4,)]
    assert draft.label == LABEL


async def test_captions_that_break_within_a_sentence_are_joined() -> None:
    (draft,) = await written(talk((0, "the harbor"), (4, "is full. It"), (8, "is closed.")))
    assert text(draft) == "The harbor is full. It is closed.\n"
    assert draft.sections[0].segments == (0, 1, 2)


async def test_speech_that_was_hard_to_hear_is_noted() -> None:
    segments = [Segment(0, 75, 80, "Some words here.", "", 0.54), Segment(1, 80, 85, "O.", "", 0.0)]
    (draft,) = await written(segments)
    (section,) = draft.sections
    assert section.note == "Speech recognition was unsure at 1:15, 1:20: compare with the video."


async def test_spoken_signs_are_text_and_no_markdown() -> None:
    (draft,) = await written(talk((0, "# Use *stars* and <b>tags</b>.")))
    assert text(draft) == "\\# Use \\*stars\\* and &lt;b>tags&lt;/b>.\n"


async def test_a_slide_about_which_nothing_is_said_is_listed() -> None:
    (draft,) = await written(talk((0, "", "Opening hours\nMonday to Friday")))
    assert draft.title == "Opening hours"
    assert text(draft) == "Shown on screen:\n\n- Opening hours\n- Monday to Friday\n"


async def test_of_slides_that_nobody_talks_about_none_is_lost() -> None:
    shown = [f"Settings\nPress the button number {n}" for n in range(3)]
    drafts = await written(talk(*((20 * n, "", one) for n, one in enumerate(shown)), length=20))
    assert [draft.sections[0].segments for draft in drafts] == [(0,), (1,), (2,)]
    (draft,) = await written(talk(*((4 * n, "", one) for n, one in enumerate(shown))))
    for n in range(3):
        assert f"- Press the button number {n}\n" in text(draft)


async def test_only_clean_code_is_shown() -> None:
    clean = 'Edit it\nname = "Harbor"\noutput = "reports"\nkeep_days = 30'
    torn = 'Edit it\nname\n"Harbor Report"\noutput\n"reports"\nkeep_days\n30'
    (with_code,) = await written(talk((0, "Here it is.", clean)))
    (without,) = await written(talk((0, "Here it is.", torn)))
    assert '```\nname = "Harbor"\noutput = "reports"\nkeep_days = 30\n```' in text(with_code)
    assert "```" not in text(without)


@pytest.mark.parametrize("segments", [[], [Segment(0, 0, 5, "", " ", None)]])
async def test_nothing_said_and_nothing_shown_is_an_empty_outline(segments: list[Segment]) -> None:
    assert await OfflineWriter().outline(segments, spent=Spending()) == Outline()


async def test_chapters_hold_every_segment_once_in_order() -> None:
    numbers = count()
    segments = [
        Segment(next(numbers), n * 5.0, n * 5.0 + 4, "Words.", f"Slide {n // 3} {'abc' * n}", None)
        for n in range(400)
    ]
    outline = await OfflineWriter().outline(segments, spent=Spending())
    held = [n for one in outline.chapters for n in one.segments]
    assert held == list(range(400))
    assert len(outline.chapters) <= 41
    starts = [segments[one.segments[0]].start for one in outline.chapters]
    assert all(after - before >= 10 for before, after in pairwise(starts))


def test_documents_are_the_same_after_json() -> None:
    outline = Outline((Chapter("T", "D", (0, 2)),))
    assert Outline.from_json(outline.to_json()) == outline

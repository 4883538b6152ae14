from services.docgen.domain import article
from services.docgen.domain.document import Draft, Section, Segment
from shared.formats.markdown import to_markdown

SEGMENTS = [Segment(n, n * 5.0, n * 5.0 + 4, "Words.", "", None) for n in range(3)]
IDS = ["a", "b", "c"]


def test_blocks_tell_where_they_come_from() -> None:
    draft = Draft(
        "Title",
        (Section("## Steps\n\n1. One\n2. Two\n", (1, 2, 99), 7.5), Section("End.\n", ())),
        "Beware.",
    )
    made = article.content(draft, SEGMENTS, IDS, {0: "/api/videos/v/images/7500.webp"})
    label, heading, image, steps, end = made["content"]
    source = {"segments": ["b", "c"], "start": 5.0}
    assert label["type"] == "blockquote"
    assert heading["attrs"] == {"level": 2, **source}
    assert image["attrs"] == {
        "src": "/api/videos/v/images/7500.webp",
        "alt": "Steps (screen at 0:07)",
        "title": None,
        **source,
    }
    assert steps["attrs"] == {"start": 1}
    assert [item["attrs"] for item in steps["content"]] == [source, source]
    assert "attrs" not in end
    assert "1. One\n2. Two" in to_markdown(made)


def test_an_empty_draft_is_a_document_still() -> None:
    assert article.content(Draft("T", ()), [], [], {})["content"] == [{"type": "paragraph"}]

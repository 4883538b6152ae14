from services.docgen.domain import article
from services.docgen.domain.article import Shown
from services.docgen.domain.document import Draft, Section, Segment
from shared.formats import blocks, tiptap
from shared.formats.markdown import to_markdown
from shared.formats.tiptap import Node

SAID = ("Welcome.", "Open the settings window.", "Press create to add a project.", "Goodbye.")
SEGMENTS = [Segment(n, n * 5.0, n * 5.0 + 4, said, "", None) for n, said in enumerate(SAID)]
IDS = ["a", "b", "c", "d"]
STEPS = "## Steps\n\n1. Open the window\n2. Press create:\n\n   - a project\n"


def made(*sections: Section, pictures: dict[int, Shown] | None = None, label: str = "") -> Node:
    return article.content(Draft("Title", sections, label), SEGMENTS, IDS, pictures or {})


def traces(item: Node) -> tuple[object, ...]:
    return tuple(blocks.attr(item, name) for name in ("segmentIds", "second", "unsupported"))


def test_every_block_tells_where_it_comes_from() -> None:
    shown = Shown("/api/videos/v/images/7500.webp", 7.5)
    doc = made(Section(STEPS, (1, 2, 99), 8.0), pictures={0: shown}, label="Beware.")
    label, heading, image, steps = doc["content"]
    assert label["type"] == "blockquote"
    assert traces(label) == (None, None, None)
    assert (heading["attrs"]["level"], *traces(heading)) == (2, ["b", "c"], 5.0, None)
    assert image["attrs"]["src"] == "/api/videos/v/images/7500.webp"
    assert image["attrs"]["alt"] == "Steps (screen at 0:07)"
    assert traces(image) == (["b"], 7.5, None)
    assert steps["attrs"] == {"start": 1}
    one, two = steps["content"]
    assert traces(one) == traces(one["content"][0]) == (["b"], 5.0, None)
    assert traces(two) == traces(two["content"][1]["content"][0]) == (["c"], 10.0, None)
    assert "1. Open the window\n2. Press create:" in to_markdown(doc)


def test_what_rests_on_nothing_is_flagged() -> None:
    invented = "Unicorns dance beneath seven purple moons."
    doc = made(Section(invented, (0, 1)), Section("## Head\n\nText.", ()), Section("Fine.", (3,)))
    assert [traces(one)[2] for one in blocks.walk(doc)] == [True, True, True, None]
    assert traces(doc["content"][0])[:2] == (["a", "b"], 0.0)


def test_a_note_is_no_claim() -> None:
    doc = made(Section("Open the window.", (1,), note="Recognition was unsure about all of it."))
    assert traces(doc["content"][1]) == (["b"], 5.0, None)
    assert doc["content"][1]["content"][0]["marks"] == [{"type": "italic"}]


def test_blocks_have_ids_and_are_the_machines() -> None:
    doc = made(Section(STEPS, (1, 2)), Section(STEPS, (1, 2)))
    ids = [blocks.attr(one, "blockId") for one in blocks.walk(doc)]
    assert len(set(ids)) == len(ids) == 8
    assert {blocks.author(one) for one in blocks.walk(doc)} == {"machine"}
    assert made(Section(STEPS, (1, 2)), Section(STEPS, (1, 2))) == doc


def test_a_picture_alone_is_a_section() -> None:
    doc = made(Section("\n", (1,), 6.0), pictures={0: Shown("i.webp", 6.0)})
    assert [one["type"] for one in doc["content"]] == ["image"]
    assert tiptap.plain_text(doc) == "Title (screen at 0:06)"


def test_an_empty_draft_is_a_document_still() -> None:
    (only,) = made()["content"]
    assert only["type"] == "paragraph"
    assert "content" not in only

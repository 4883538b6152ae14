"""What machines may write over, on PostgreSQL and in memory alike."""

from dataclasses import replace

import pytest

from services.docgen.domain.document import Chapter
from services.docgen.ports import PlacedChapter
from shared.articles import Article
from shared.formats.tiptap import node, text
from shared.routes import Service
from tests.contract.conftest import Stage

pytestmark = pytest.mark.integration


async def test_what_a_machine_wrote_is_known_and_what_people_review_stays(stage: Stage) -> None:
    docgen = stage.database(Service.DOCGEN)
    content = node("doc", [node("paragraph", [text("Hello", [])])])
    placed = [PlacedChapter(Chapter("One", "d", (0,)), "one", 0, 1)]
    (chapter,) = await docgen.alone.rows.save_chapters(stage.project, stage.video, placed)
    made = Article(stage.project, chapter, "en", "s", "First", content, {"digest": "x"})
    async with docgen.transaction() as work:
        assert await work.rows.standing(made.id) is None
        await work.rows.save_article(made)
        assert await work.rows.standing(made.id) == made
        await work.rows.propose(replace(made, title="Beside"))
        assert await work.rows.standing(made.id) == made
    await stage.review(made.id)
    async with docgen.transaction() as work:
        await work.rows.save_article(replace(made, title="Second"))
        assert (await work.rows.standing(made.id)).title == "First"
    origin = {"title": "Título", "sourceTitle": "First", "blocks": ["a"], "engine": "e:1"}
    spanish = Article(stage.video, chapter, "es", "s", "Título", content, origin)
    async with stage.database(Service.TRANSLATOR).transaction() as work:
        assert await work.rows.standing(spanish.id) is None
        await work.rows.save_article(spanish)
        assert await work.rows.standing(spanish.id) == spanish

"""What more than one service asks of the tables, or writes into them."""

from uuid import UUID

from services.docgen import ports as docgen
from services.translator.ports import Article
from shared.errors import UnsupportedError
from shared.events import Event
from simulation.world import Tables


def settled(tables: Tables, event: Event, service: str, prefix: str) -> tuple[int, int]:
    """Return how many units of an event's job and epoch have ended, and how many ended well."""
    states = [
        unit.state
        for (job, epoch, name), unit in tables.units.items()
        if (job, epoch, unit.service) == (event.job_id, event.epoch, service)
        and name.startswith(prefix)
        and unit.state in {"done", "failed"}
    ]
    return len(states), states.count("done")


def storage_path(tables: Tables, video_id: UUID) -> str:
    """Return where a video lies; raises UnsupportedError where nothing was uploaded."""
    video = tables.videos.get(video_id)
    if video is None or not video.storage_path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return video.storage_path


def article_slugs(tables: Tables, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
    """Return the slugs of a chapter's other articles in a language."""
    return {
        article.slug
        for one, (article, _) in tables.articles.items()
        if (article.chapter_id, article.language) == (chapter_id, language) and one != article_id
    }


def save_article(tables: Tables, article: docgen.Article | Article) -> None:
    """Store an article; beside one that people review or have published, as a proposal."""
    found, status = tables.articles.get(article.id, (None, "draft"))
    if found is not None and status != "draft":
        if (found.title, found.content) != (article.title, article.content):
            tables.proposals[article.id] = (article.title, article.content)
    else:
        made = docgen.Article(
            article.id,
            article.chapter_id,
            article.language,
            article.slug,
            article.title,
            article.content,
            article.origin,
        )
        tables.articles[article.id] = (made, "draft")
        tables.proposals.pop(article.id, None)


def standing(tables: Tables, article_id: UUID) -> docgen.Article | None:
    """Return an article that a machine wrote."""
    found, _ = tables.articles.get(article_id, (None, ""))
    return found if found is not None and found.origin else None

"""Writes a job's results to a folder; what the gateway cannot give is named, never left out unsaid.

index.html (all of it, to be read in a browser)  job.json  segments.json  images/<name>
subtitles/<lang>.vtt and .srt  docs/<lang>/NN-<slug>.md and .json (the Tiptap document)
chapters.vtt (for a player)
reports/<lang>.json (texts without a translation and why, rules that the subtitles break)
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from . import page
from .client import Gateway
from .errors import GatewayError
from .files import write
from .names import Folder
from .records import Article, Job, Json, Subtitles

_T = TypeVar("_T")
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Results:
    """Writes the results of `job` to `folder`, a new one; `missing` names what could not be had.

    `video` is the address of the video's file for the page to play, "" for none.
    """

    gateway: Gateway
    job: Job
    folder: Path
    video: str = ""
    missing: list[str] = field(default_factory=list)
    _images: dict[str, str] = field(default_factory=dict)
    _pictures: dict[str, bytes] = field(default_factory=dict)
    _image_names: Folder = field(default_factory=Folder)

    def write(self) -> None:
        """Write everything. Raises OSError, and the client's errors."""
        video = self.job.video_id
        write_json(self.folder / "job.json", self.job.told)
        segments = self._found("the segments", lambda: self.gateway.segments(video)) or []
        write_json(self.folder / "segments.json", segments)
        subtitles = self._found("the subtitles", lambda: self.gateway.subtitles(video))
        languages = self._languages(subtitles or Subtitles("", ()))
        chapters = self._found("the chapters", lambda: self.gateway.chapters(video))
        if chapters is not None:
            write(self.folder / "chapters.vtt", chapters)
        tracks: dict[str, str] = {}
        for tag in subtitles.languages if subtitles else ():
            vtt = self._found(f"the subtitles in {tag}", partial(self.gateway.vtt, video, tag))
            if vtt is not None:
                tracks[tag] = vtt.decode("utf-8", "replace")
                self._write_subtitles(vtt, tracks[tag], languages[tag])
        written = {tag: self.gateway.articles(video, tag) for tag in languages}
        numbers = _numbers([one for found in written.values() for one in found])
        for tag, name in languages.items():
            names = Folder()
            for article in written[tag]:
                stem = names.take(f"{numbers[article.chapter_id]:02}-{article.slug}", "article")
                self._write_article(article, self.folder / "docs" / name, stem)
            report = self._found(f"the report on {tag}", partial(self.gateway.report, video, tag))
            if report is not None:
                write_json(self.folder / "reports" / f"{name}.json", report)
        for told, name in self._images.items():
            image = self._found(f"the image {told}", partial(self.gateway.image, video, told))
            if image is not None:
                self._pictures[told] = image
                write(self.folder / "images" / name, image)
        self._write_page(written, tracks, segments)

    def _write_subtitles(self, vtt: bytes, text: str, name: str) -> None:
        write(self.folder / "subtitles" / f"{name}.vtt", vtt)
        if srt := page.srt(text):
            write(self.folder / "subtitles" / f"{name}.srt", srt.encode())

    def _write_page(
        self, articles: dict[str, list[Article]], tracks: dict[str, str], segments: list[Json]
    ) -> None:
        shown = page.Pages(
            title=self.job.video_title or "Video",
            video=self.video,
            articles={tag: found for tag, found in articles.items() if found},
            subtitles=tracks,
            segments=segments,
            complete=self.job.status == "completed",
        )
        write(self.folder / "index.html", page.written(shown, self._picture).encode())

    def _picture(self, source: str) -> page.Picture | None:
        told = self._image_in(source)
        if told is None or told not in self._pictures:
            return None
        return self._images[told], self._pictures[told]

    def _languages(self, subtitles: Subtitles) -> dict[str, str]:
        # A language whose subtitles failed may still have articles.
        tags = (subtitles.source, *subtitles.languages, *self.job.languages)
        names = Folder()
        return {tag: names.take(tag, "language") for tag in dict.fromkeys(tags) if tag}

    def _write_article(self, article: Article, folder: Path, stem: str) -> None:
        for source in _sources(article.content):
            told = self._image_in(source)
            if told is not None and told not in self._images:
                self._images[told] = self._image_names.take(told, "image")
        write_json(folder / f"{stem}.json", article.content)
        title = f'the article "{article.title}" as Markdown'
        markdown = self._found(title, lambda: self.gateway.markdown(article.id))
        if markdown is not None:
            write(folder / f"{stem}.md", self._with_local_images(markdown).encode())

    def _image_in(self, source: str) -> str | None:
        """Return the image's name, decoded, where its address is one of this video's."""
        try:
            path = urlsplit(source).path
        except ValueError:
            return None
        _, found, name = path.partition(f"/api/videos/{self.job.video_id}/images/")
        return unquote(name) if found and name else None

    def _with_local_images(self, markdown: str) -> str:
        def local(match: re.Match[str]) -> str:
            told = self._image_in(match["address"])
            if told not in self._images:
                return match[0]
            return f"{match['before']}../../images/{self._images[told]}"

        # The gateway writes ![alt](<address>); other writers leave the angle brackets out.
        return re.sub(r"(?P<before>\]\(<?)(?P<address>[^\s<>()]+)", local, markdown)

    def _found(self, what: str, ask: Callable[[], _T]) -> _T | None:
        try:
            return ask()
        except GatewayError as error:
            if error.code != _NOT_FOUND:
                raise
            self.missing.append(f"The gateway does not have {what}.")
            return None


def write_json(path: Path, value: Any) -> None:
    """Write JSON, indented, in UTF-8."""
    write(path, json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n")


def _numbers(articles: list[Article]) -> dict[str, int]:
    """Return each chapter's number from 1: the same in a language that lacks one's article."""
    orders = {one.chapter_id: one.chapter_order for one in articles}
    ranked = sorted(orders, key=lambda chapter: (orders[chapter], chapter))
    return {chapter: number for number, chapter in enumerate(ranked, 1)}


def _sources(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _sources(item)
    elif isinstance(node, dict):
        if node.get("type") == "image" and isinstance(node.get("attrs"), dict):
            yield str(node["attrs"].get("src") or "")
        yield from _sources(node.get("content"))

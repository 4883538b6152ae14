"""A language's articles as one file to read or to print: HTML, DOCX or PDF.

Pandoc makes HTML and DOCX of their Markdown, and what Typst sets as PDF. Both are handed nothing
but the articles' own pictures: an address in a text is never fetched.
"""

import asyncio
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

import langcodes
import pypandoc
import structlog
import typst
from PIL import Image

from services.gateway import typesetting
from services.gateway.exports import placed, safe
from services.gateway.models.content import Article
from shared.errors import DocreelError
from shared.formats.markdown import to_markdown

Kind = Literal["html", "docx", "pdf"]
TYPES = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}

# What our Markdown has, and nothing that would make more of a text than it says.
_READER = "commonmark-raw_html+pipe_tables+strikeout+task_lists"
_TYPST = ("--include-in-header", "header.typ", "--lua-filter", "tasks.lua")
_PATIENCE = 120.0  # seconds for one file
_AT_ONCE = 2
_MEMORY = "512m"  # of Pandoc's heap; Kubernetes' limit has room for two
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"})

logger = structlog.get_logger()


class PrintError(DocreelError):
    """Pandoc or Typst did not make the file."""


@dataclass(frozen=True, slots=True)
class Book:
    """Articles of a video in one language (BCP 47), and the pictures that they show, by name."""

    title: str
    video_id: UUID
    language: str
    articles: Sequence[Article]
    pictures: Mapping[str, bytes]

    def markdown(self, names: Mapping[str, str]) -> str:
        """Return the whole as Markdown.

        `names` are those of the files beside it, by picture; other pictures are left out.
        """
        return "\n".join(
            to_markdown(placed(one.content_json, self.video_id, "", names), title=one.title)
            for one in self.articles
        )

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Whether the language is written from the left or from the right."""
        script = langcodes.get(self.language).maximize().script
        return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Printer:
    """Makes files, two side by side."""

    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def printed(self, book: Book, kind: Kind) -> bytes:
        """Return the file. Raises PrintError where it cannot be made, or takes too long."""
        async with self._turns:
            with tempfile.TemporaryDirectory(prefix="docreel-print-") as name:
                folder = Path(name)
                await asyncio.to_thread(_laid_out, folder, book, kind)
                made = folder / f"book.{'typ' if kind == 'pdf' else kind}"
                await _pandoc(folder, book, "typst" if kind == "pdf" else kind, made)
                if kind != "pdf":
                    return await asyncio.to_thread(made.read_bytes)
                return await asyncio.to_thread(_set, made, folder)


def _laid_out(folder: Path, book: Book, kind: Kind) -> None:
    names: dict[str, str] = {}
    for name, data in book.pictures.items():
        names[name] = safe(name)
        if kind == "docx" and names[name].endswith(".webp"):
            # Word shows no WebP, and opens no picture that is another kind than its name says.
            names[name] += ".png"
            with Image.open(io.BytesIO(data)) as picture:
                picture.convert("RGB").save(folder / names[name], "PNG")
        else:
            (folder / names[name]).write_bytes(data)
    (folder / "book.md").write_text(book.markdown(names))
    (folder / "header.typ").write_text(typesetting.HEADER)
    (folder / "tasks.lua").write_text(typesetting.FILTER)


async def _pandoc(folder: Path, book: Book, to: str, made: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        pypandoc.get_pandoc_path(),
        *("+RTS", f"-M{_MEMORY}", "-RTS"),
        *("--from", _READER, "--to", to, "--output", str(made)),
        *("--standalone", "--embed-resources", "--resource-path", str(folder)),
        *("--toc", "--toc-depth", "2"),
        *("--metadata", f"title={book.title}"),
        *("--metadata", f"lang={book.language}", "--metadata", f"dir={book.direction}"),
        *("--variable", "papersize=a4"),
        *(_TYPST if to == "typst" else ()),
        "book.md",
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            _, said = await process.communicate()
    except TimeoutError as error:
        message = f"it was not made within {_PATIENCE:g} seconds"
        raise PrintError(message) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise PrintError(said.decode(errors="replace").strip()[:1000])


def _set(source: Path, folder: Path) -> bytes:
    try:
        return bytes(typst.compile(str(source), root=str(folder)))
    except typst.TypstError as error:
        raise PrintError(str(error)) from error

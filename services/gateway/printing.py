"""A language's articles as one file to read or to print: HTML, DOCX or PDF.

Pandoc makes HTML and DOCX of their Markdown, and what Typst sets as PDF. Both are handed nothing
but the articles' own pictures: an address in a text is never fetched.
"""

import asyncio
import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

import pypandoc
import structlog
import typst
from PIL import Image

from services.gateway import fonts, typesetting, word
from services.gateway.exports import placed
from services.gateway.fonts import Speech
from services.gateway.models.content import Article
from shared.errors import DocreelError
from shared.formats.markdown import to_markdown
from shared.formats.names import Folder

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


_ARCHIVE: Literal["a-2b"] = "a-2b"  # in a PDF to be kept, every letter has a glyph
_NO_GLYPH = re.compile(r'the text `"(?P<text>(?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


class PrintError(DocreelError):
    """Pandoc or Typst did not make the file."""


class FontError(PrintError):
    """No font has glyphs for `scripts`: install Debian's `packages`."""

    def __init__(self, scripts: str, packages: str) -> None:
        super().__init__(f"no font here has {scripts}: install {packages}")
        self.scripts, self.packages = scripts, packages


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
        return fonts.printable(
            "\n".join(
                to_markdown(placed(one.content_json, self.video_id, "", names), title=one.title)
                for one in self.articles
            )
        )

    @property
    def speech(self) -> Speech:
        """The language, as a font sees it."""
        return Speech.of(self.language)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Whether the language is written from the left or from the right."""
        return "rtl" if self.speech.script in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Printer:
    """Makes files, two side by side. `machine_fonts`: what our fonts lack is looked for there."""

    machine_fonts: bool = True
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def printed(self, book: Book, kind: Kind) -> bytes:
        """Return the file.

        Raises FontError where a PDF would have boxes in place of letters, and PrintError where a
        file cannot be made, or takes too long.
        """
        async with self._turns:
            with tempfile.TemporaryDirectory(prefix="docreel-print-") as name:
                folder = Path(name)
                text = await asyncio.to_thread(_laid_out, folder, book, kind)
                made = folder / f"book.{'typ' if kind == 'pdf' else kind}"
                await _pandoc(folder, book, "typst" if kind == "pdf" else kind, made)
                if kind == "pdf":
                    return await asyncio.to_thread(self._set, made, folder)
                data = await asyncio.to_thread(made.read_bytes)
                if kind == "html":
                    return data
                office = fonts.office(book.speech, text)
                return await asyncio.to_thread(word.with_fonts, data, office)

    def _set(self, source: Path, folder: Path) -> bytes:
        try:
            return self._compiled(source, folder, _ARCHIVE)
        except typst.TypstError as error:
            if unknown := _unknown(error):
                raise FontError(*fonts.refusal(unknown)) from error
            logger.warning("pdf_not_archivable", reason=str(error)[:1000])
        try:
            return self._compiled(source, folder, None)
        except typst.TypstError as error:
            raise PrintError(str(error)) from error

    def _compiled(self, source: Path, folder: Path, standard: Literal["a-2b"] | None) -> bytes:
        return bytes(
            typst.compile(
                str(source),
                root=str(folder),
                font_paths=fonts.folders(),
                ignore_system_fonts=not self.machine_fonts,
                pdf_standards=standard,
            )
        )


def _laid_out(folder: Path, book: Book, kind: Kind) -> str:
    """Write what Pandoc reads; return its text."""
    names, taken = dict[str, str](), Folder()
    for own in (
        "book.md",
        "header.typ",
        "tasks.lua",
        *(f"book.{kind}" for kind in ("typ", *TYPES)),
    ):
        taken.take(own, "")
    for name, data in book.pictures.items():
        names[name] = taken.take(name, "image")
        if kind == "docx" and names[name].endswith(".webp"):
            # Word shows no WebP, and opens no picture that is another kind than its name says.
            names[name] += ".png"
            with Image.open(io.BytesIO(data)) as picture:
                picture.convert("RGB").save(folder / names[name], "PNG")
        else:
            (folder / names[name]).write_bytes(data)
    text = book.markdown(names)
    (folder / "book.md").write_text(text)
    chosen = fonts.chosen(book.speech, book.title + text)
    (folder / "header.typ").write_text(typesetting.header(chosen))
    (folder / "tasks.lua").write_text(typesetting.FILTER)
    return book.title + text


async def _pandoc(folder: Path, book: Book, to: str, made: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        pypandoc.get_pandoc_path(),
        *("+RTS", f"-M{_MEMORY}", "-RTS"),
        *("--from", _READER, "--to", to, "--output", str(made)),
        *("--standalone", "--embed-resources", "--resource-path", str(folder)),
        *("--toc", "--toc-depth", "2"),
        *("--metadata", f"title={fonts.printable(book.title)}"),
        *("--metadata", f"lang={book.language}", "--metadata", f"dir={book.direction}"),
        *("--variable", "papersize=a4", "--variable", f"region={book.speech.region}"),
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


def _unknown(error: typst.TypstError) -> list[str]:
    """Return the characters that Typst found no glyph for, as it tells them."""
    told = [found["text"] for found in _NO_GLYPH.finditer(f"{error} {error.diagnostic}")]
    texts = [_ESCAPED.sub(lambda found: chr(int(found[1], 16)), one) for one in told]
    return [one for text in dict.fromkeys(texts) for one in text]

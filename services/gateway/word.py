"""What Pandoc's DOCX lacks: fonts for other scripts than the Latin one, by name.

Fonts are not embedded: a reader's word processor has those of the languages that the reader reads,
and Chinese, Japanese and Korean ones are larger than most documents. So no DOCX is refused.
"""

import io
import re
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from services.gateway.fonts import Face, Office

_COMPRESSION = zipfile.ZIP_DEFLATED


def with_fonts(document: bytes, office: Office) -> bytes:
    """Return a DOCX whose theme, styles and settings name the fonts of its scripts."""
    changes: dict[str, Callable[[str], str]] = {
        "word/theme/theme1.xml": lambda text: _themed(text, office),
        "word/fontTable.xml": lambda text: _listed(text, office),
        "word/styles.xml": lambda text: _spoken(text, "lang", office),
        "word/settings.xml": lambda text: _spoken(text, "themeFontLang", office),
    }
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as given,
        zipfile.ZipFile(made, "w", _COMPRESSION) as archive,
    ):
        for entry in given.infolist():
            data = given.read(entry)
            if (change := changes.get(entry.filename)) is not None:
                data = change(data.decode()).encode()
            archive.writestr(entry, data, _COMPRESSION)
    return made.getvalue()


def _themed(theme: str, office: Office) -> str:
    """Name the fonts in both of a theme's kinds, for headings and for text."""
    faces = {"latin": office.latin, "ea": office.east_asian, "cs": office.complex_script}
    for element, face in faces.items():
        if face is not None:
            named = f"<a:{element} typeface={quoteattr(face[0])}/>"
            theme = re.sub(rf"<a:{element} [^>]*/>", named, theme)
    return theme


def _listed(table: str, office: Office) -> str:
    """List the fonts with what to take where they are not there, as on Linux."""
    faces: tuple[Face | None, ...] = (office.latin, office.east_asian, office.complex_script)
    entries = "".join(
        f"<w:font w:name={quoteattr(name)}><w:altName w:val={quoteattr(free)}/></w:font>"
        for name, free in dict.fromkeys(face for face in faces if face is not None)
        if f"w:name={quoteattr(name)}" not in table
    )
    return table.replace("</w:fonts>", f"{entries}</w:fonts>")


def _spoken(part: str, element: str, office: Office) -> str:
    """Say in which language's forms letters are shown that several languages share."""
    said = {"eastAsia": office.east_asian_tag, "bidi": office.complex_tag}

    def changed(found: re.Match[str]) -> str:
        attributes = dict(re.findall(r'w:(\w+)="([^"]*)"', found[0]))
        attributes |= {name: tag for name, tag in said.items() if tag}
        told = " ".join(f"w:{name}={quoteattr(tag)}" for name, tag in attributes.items())
        return f"<w:{element} {told}/>"

    return re.sub(rf"<w:{element} [^>]*/>", changed, part)

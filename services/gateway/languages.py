"""Language tags (BCP 47): checked, written in their standard form, and known to the translator."""

from collections.abc import Sequence
from http import HTTPStatus

import langcodes

from services.gateway.problems import ProblemError


def standard(tag: str) -> str | None:
    """Return a tag in its standard form (`ES_mx` is `es-MX`), or none where it is no language."""
    tag = tag.strip()
    if not langcodes.tag_is_valid(tag):
        return None
    return langcodes.standardize_tag(tag)


def targets(asked: Sequence[str], source: str, supported: Sequence[str] | None) -> list[str]:
    """Return the languages to translate to: standard, each once, without the source language.

    `supported` is what the translator told, none where it takes any.
    Raises ProblemError for a tag that is no language, or that the translator does not have.
    """
    found: list[str] = []
    wrong: list[str] = []
    spoken = standard(source) or source
    known = None if supported is None else {standard(tag) or tag: tag for tag in supported}
    for tag in asked:
        language = standard(tag)
        if language is None:
            wrong.append(tag)
        elif language == spoken or language in found:
            continue
        elif known is not None and language not in known:
            wrong.append(tag)
        else:
            found.append(language)
    if wrong:
        raise _refusal(wrong, None if known is None else sorted(known))
    return found


def _refusal(wrong: Sequence[str], known: Sequence[str] | None) -> ProblemError:
    if known is None:
        hint = "Use BCP 47 tags, such as es or pt-BR."
    elif known:
        hint = f"Choose from: {', '.join(known)}."
    else:
        hint = "The engine translates into no language: process without languages."
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "language-unsupported",
        f"Not supported as a language: {', '.join(repr(tag) for tag in wrong)}",
        hint,
    )

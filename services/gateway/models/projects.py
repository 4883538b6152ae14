"""Projects, their glossaries and their style."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.gateway.languages import standard
from services.gateway.models.texts import Line

_MOST_TERMS = 2000
_MOST_LANGUAGES = 200


def _tag(value: str) -> str:
    found = standard(value)
    if found is None:
        message = f"{value!r} is no language: use a BCP 47 tag, such as es or pt-BR"
        raise ValueError(message)
    return found


class NewProject(BaseModel):
    """A project to create; its videos speak `source_language` (BCP 47)."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Product demos", "source_language": "en"}}
    )

    name: Line = Field(min_length=1, max_length=200)
    source_language: str = Field(default="en", max_length=50)
    org_id: UUID | None = Field(default=None, description="none: the caller's oldest organization")

    _standard = field_validator("source_language")(_tag)


class ProjectChange(BaseModel):
    """What to change in a project; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Product demos 2026"}})

    name: Line | None = Field(default=None, min_length=1, max_length=200)


class Project(BaseModel):
    """A project: videos, and the documents made from them."""

    id: UUID
    org_id: UUID
    name: str = Field(examples=["Product demos"])
    slug: str = Field(
        examples=["product-demos"],
        description="unique in the organization; stays when the name changes",
    )
    source_language: str = Field(examples=["en"], description="what its videos speak (BCP 47)")
    created_at: datetime
    updated_at: datetime


class Term(BaseModel):
    """How a term is translated to a language; without a translation it stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"language": "es", "term": "work queue", "translation": "cola de trabajo"}
        }
    )

    language: str = Field(max_length=50, description="of the translation (BCP 47)")
    term: Line = Field(min_length=1, max_length=200)
    translation: Line | None = Field(default=None, min_length=1, max_length=400)

    _standard = field_validator("language")(_tag)


class Glossary(BaseModel):
    """All terms of a project, by language and term."""

    terms: list[Term] = Field(max_length=_MOST_TERMS)

    @field_validator("terms")
    @classmethod
    def _each_once(cls, value: list[Term]) -> list[Term]:
        found = {(term.language, term.term): term for term in value}
        if len(found) < len(value):
            message = "a term stands twice for one language: leave one of them out"
            raise ValueError(message)
        return [found[key] for key in sorted(found)]


class Style(BaseModel):
    """How a project's readers are addressed, by language (BCP 47).

    A language that is left out is translated as the engine sees fit.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"formality": {"de": "formal", "es": "informal"}}}
    )

    formality: dict[str, Literal["formal", "informal"]] = Field(max_length=_MOST_LANGUAGES)

    @field_validator("formality")
    @classmethod
    def _tags(
        cls, value: dict[str, Literal["formal", "informal"]]
    ) -> dict[str, Literal["formal", "informal"]]:
        found = {_tag(language): form for language, form in value.items()}
        if len(found) < len(value):
            message = "a language stands twice: leave one of them out"
            raise ValueError(message)
        return {language: found[language] for language in sorted(found)}

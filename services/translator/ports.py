"""What the translator needs from an engine."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.translator.domain.items import Item
from services.translator.domain.style import PLAIN, Style


class Engine(Protocol):
    """Translates items. The same items may be asked for again."""

    @property
    def name(self) -> str:
        """The engine and its model, as results are labelled."""

    @property
    def version(self) -> int:
        """A number that rises when the same items would be translated differently."""

    async def languages(self) -> Sequence[str] | None:
        """Return the target languages (BCP 47), or none where any can be asked for."""

    async def translate(
        self, items: Sequence[Item], source: str, target: str, style: Style = PLAIN
    ) -> Mapping[str, str]:
        """Return translations by the items' ids; what could not be translated is missing.

        Raises `shared.errors.EngineError`, `UnsupportedError` for a language it does not have.
        """

"""Prompts are files with a version in their name: `services/translator/prompts/translate.2.md`.

A result is kept by the version of the prompt that made it, so a changed text needs a new number.
"""

from dataclasses import dataclass
from importlib import resources
from string import Template


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt's text, with `$name` where a value goes."""

    name: str
    version: int
    text: str

    def filled(self, **values: str) -> str:
        """Return the text with all its values; raises KeyError where one is missing."""
        return Template(self.text).substitute(values)


def load(package: str, name: str) -> Prompt:
    """Return the only version of a prompt in a package's `prompts` folder.

    Raises LookupError where there is none, or more than one.
    """
    folder = resources.files(package) / "prompts"
    found = [file for file in folder.iterdir() if file.name.startswith(f"{name}.")]
    if len(found) != 1:
        message = f"{package} has {len(found)} prompts named {name}: there must be one"
        raise LookupError(message)
    _, version, _ = found[0].name.split(".")
    return Prompt(name, int(version), found[0].read_text(encoding="utf-8"))

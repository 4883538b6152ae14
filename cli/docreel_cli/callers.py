"""Who calls a gateway, as its client sees it."""

from dataclasses import dataclass
from typing import Protocol


class Tokens(Protocol):
    """Who calls."""

    def current(self) -> str:
        """Return a token that is good for a while; "" for nobody."""

    def explain(self, refusal: str) -> str:
        """Return what to do where a gateway refuses to know the caller."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """No token: for what a gateway tells anybody."""

    def current(self) -> str:
        """See `Tokens`."""
        return ""

    def explain(self, refusal: str) -> str:
        """See `Tokens`."""
        return f"{refusal}: run `docreel login`."


@dataclass(frozen=True, slots=True)
class GivenToken:
    """The token that the environment gives, which nobody renews."""

    token: str

    def current(self) -> str:
        """See `Tokens`."""
        return self.token

    def explain(self, refusal: str) -> str:
        """See `Tokens`."""
        return (
            f"The gateway refuses the token in DOCREEL_TOKEN ({refusal}): set it to a new one, or "
            "unset it and run `docreel login`."
        )


@dataclass(frozen=True, slots=True)
class NewToken:
    """The token of somebody who is just logging in."""

    token: str

    def current(self) -> str:
        """See `Tokens`."""
        return self.token

    def explain(self, refusal: str) -> str:
        """See `Tokens`."""
        return (
            f"Supabase logged you in, and the gateway refuses its token ({refusal}): tell whoever "
            "runs it, its SUPABASE_URL may be another project's."
        )

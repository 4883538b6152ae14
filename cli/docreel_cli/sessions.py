"""Sessions that `docreel login` keeps, a gateway each, and the token that a command calls with.

They lie in the user's configuration folder, in a file that only the user can read.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import typer
from filelock import FileLock

from .accounts import Accounts, AuthAwayError, RefusedError, Session
from .callers import GivenToken, Tokens
from .errors import CommandError

_EARLY = 60.0  # seconds before its end at which a token is renewed


@dataclass(frozen=True, slots=True)
class Store:
    """The file of sessions."""

    file: Path

    @classmethod
    def of_user(cls) -> "Store":
        """Return the user's."""
        return cls(Path(typer.get_app_dir("docreel")) / "sessions.json")

    def get(self, address: str) -> Session | None:
        """Return the session at a gateway; none where nobody has logged in."""
        found = self._read().get(address)
        try:
            return None if found is None else Session(**found)
        except TypeError:
            return None  # of another version: as good as logged out

    def put(self, address: str, session: Session | None) -> None:
        """Keep a session, or forget it (none). To be called with the lock held."""
        kept = self._read()
        if session is None:
            kept.pop(address, None)
        else:
            kept[address] = asdict(session)
        fresh = self.file.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump(kept, out, indent=2)
            fresh.replace(self.file)
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands of the user's from writing."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.file.with_suffix(".lock"), mode=0o600):
                yield
        except OSError as error:
            raise self._unusable(error) from error

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error
        return found if isinstance(found, dict) else {}

    def _unusable(self, error: Exception) -> CommandError:
        reason = getattr(error, "strerror", None) or error
        message = f"{self.file} cannot be used ({reason}): make it yours, or remove it."
        return CommandError(message)


@dataclass(slots=True)
class StoredSession:
    """The session at a gateway that `docreel login` keeps; renewed before its token ends."""

    address: str
    store: Store
    _known: Session | None = field(default=None)
    _read: bool = field(default=False)

    def current(self) -> str:
        """See `Tokens`; raises CommandError where the session has ended."""
        if not self._read:
            self._known, self._read = self.store.get(self.address), True
        if self._known is None:
            return ""
        if not _lasts(self._known):
            self._known = self._renewed(self._known)
        return self._known.access_token

    def explain(self, refusal: str) -> str:
        """See `Tokens`."""
        if self._known is None:
            return f"You are not logged in at {self.address}: run `docreel login`."
        return (
            f"The gateway at {self.address} refuses your session ({refusal}): "
            "run `docreel login` again."
        )

    def _renewed(self, old: Session) -> Session:
        if not old.refresh_token:
            if old.expires_at > time.time():
                return old
            message = (
                f"The token that you logged in with at {self.address} has expired: "
                "run `docreel login` again."
            )
            raise CommandError(message)
        with self.store.locked():
            # Another command may have been first: a refresh token is good for once.
            latest = self.store.get(self.address)
            if latest is not None and latest != old and _lasts(latest):
                return latest
            accounts = Accounts(old.supabase_url, old.publishable_key)
            try:
                fresh = accounts.renewed((latest or old).refresh_token, old.email)
            except AuthAwayError:
                if old.expires_at > time.time():
                    return old
                raise
            except RefusedError as error:
                self.store.put(self.address, None)
                message = f"Your session at {self.address} has ended: run `docreel login` again."
                raise CommandError(message) from error
            self.store.put(self.address, fresh)
            return fresh


def tokens(address: str, environment: Mapping[str, str]) -> Tokens:
    """Return who calls a gateway: whom the environment names, else who has logged in there."""
    # Not an option: what is on a command line is seen by everybody on the machine.
    given = environment.get("DOCREEL_TOKEN", "")
    return GivenToken(given) if given else StoredSession(address, Store.of_user())


def _lasts(session: Session) -> bool:
    return session.expires_at - _EARLY > time.time()

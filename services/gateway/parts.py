"""What every request's handler is built from."""

from dataclasses import dataclass
from typing import Annotated

import asyncpg
from fastapi import Depends, Request

from services.gateway.access import Access
from services.gateway.courier import Courier
from services.gateway.settings import Settings
from services.gateway.uploads import Uploads
from shared.storage import Storage


@dataclass(frozen=True, slots=True)
class Parts:
    """Opened at the gateway's start, closed at its end."""

    settings: Settings
    pool: asyncpg.Pool
    access: Access
    courier: Courier
    storage: Storage
    uploads: Uploads


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


# A router's parameter of this type is given the parts.
Given = Annotated[Parts, Depends(_parts)]

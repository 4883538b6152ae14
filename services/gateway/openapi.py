"""The API's description as a file: `python -m services.gateway.openapi write`.

Written to docs/openapi.json, from which frontends generate their types; a test tells of drift.
"""

import json
import sys
from pathlib import Path

from services.gateway.app import build
from services.gateway.settings import Settings

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def described() -> str:
    """Return the OpenAPI document, indented."""
    # Nothing is opened: the settings only have to be whole.
    settings = Settings(amqp_url="amqp:", database_url="postgresql:", storage_dir=Path())
    return json.dumps(build(settings).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        FILE.write_text(described(), "utf-8")
    else:
        sys.stdout.write(described())

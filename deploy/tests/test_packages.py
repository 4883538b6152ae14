"""What a service's own packages have to hold, as its image does."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shared.routes import CONSUMERS, Service

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = """
import importlib, sys
importlib.import_module(sys.argv[1])
print("shared.storage" in sys.modules)
"""


@pytest.mark.parametrize("service", CONSUMERS)
def test_who_opens_a_storage_has_a_supabase_projects_client_and_nobody_else(
    service: Service,
) -> None:
    file = _ROOT / "services" / service / "pyproject.toml"
    wanted = tomllib.loads(file.read_text())["project"]["dependencies"]
    (extras,) = [one for one in wanted if one.startswith("docreel-shared")]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM, f"services.{service}.__main__"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str("supabase" in extras)

"""What holds for every test, wherever it lies."""

import os
import signal

import pytest

# A shell starts what it puts in the background with SIGINT ignored, and programs hand that on. The
# tests that interrupt a program of ours must not depend on how they were started themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests choose their own engine; a key that a developer has set must never be spent by them.
for _name in [name for name in os.environ if name.startswith("GEMINI_")]:
    del os.environ[_name]

# A file is one worker's: of those that take minutes, one that is begun last keeps all waiting.
_LONG = (
    "tests/web/test_web.py",
    "tests/test_gateway_schema.py",
    "tests/test_gemini_jobs.py",
    "deploy/local/tests/test_stack.py",
    "tests/faults/test_network.py",
    "tests/faults/test_kills.py",
    "tests/faults/test_outages.py",
    "tests/test_end_to_end.py",
    "tests/test_pipeline.py",
    "tests/test_docgen.py",
    "tests/test_gateway_plans.py",
    "tests/web/test_accounts.py",
    "tests/test_single.py",
    "deploy/local/tests/test_commands.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    ranks = {name: rank for rank, name in enumerate(_LONG)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))

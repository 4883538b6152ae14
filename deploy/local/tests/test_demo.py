"""What the demo says and refuses, and the double of Supabase that it starts."""

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import demo
from deploy.local.accounts import EMAIL, double
from deploy.local.processes import LocalServerError
from deploy.local.state import State

_SET = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")


def test_the_double_serves_and_is_set_for_as_long_as_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in _SET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SUPABASE_URL", "https://real.example")
    monkeypatch.setenv("DOCREEL_TOKEN", "somebody's")
    with double() as supabase:
        assert os.environ["SUPABASE_URL"] == supabase.url
        assert os.environ["SUPABASE_SECRET_KEY"].startswith("sb_secret_")
        person = supabase.sign_up(tmp_path)
        assert person.email == EMAIL
        assert person.token.count(".") == 2
        # Whoever else is logged in on this machine is not asked, and keeps their session.
        assert "DOCREEL_TOKEN" not in person.environment
        assert person.environment["XDG_CONFIG_HOME"] == str(tmp_path)
        with pytest.raises(LocalServerError, match="makes no account"):
            supabase.sign_up(tmp_path)  # there is such an account
    assert os.environ["SUPABASE_URL"] == "https://real.example"
    assert "SUPABASE_SECRET_KEY" not in os.environ


def test_a_stack_that_runs_with_its_own_settings_is_left_alone(tmp_path: Path) -> None:
    state = State(tmp_path)
    lock = state.lock()
    assert lock is not None
    try:
        for engine, project in (("simulated", ""), ("", "double")):
            with pytest.raises(LocalServerError, match="make down"):
                demo.run(state, engine, project)
    finally:
        os.close(lock)


@pytest.fixture
def closed() -> Iterator[str]:
    """A gateway that answers 401 to whoever sends no token, and has nothing to translate to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Bearer good"
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(b'{"languages": []}' if known else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_on_a_real_project_the_demo_says_how_to_do_the_same(closed: str) -> None:
    with pytest.raises(LocalServerError, match="docreel login"):
        demo._translates(closed, "")
    assert demo._translates(closed, "good") is False

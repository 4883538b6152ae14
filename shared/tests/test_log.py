import pytest
import structlog

from shared import log


@pytest.mark.parametrize("plain", [True, False])
def test_no_value_steers_the_terminal_that_shows_it(
    capsys: pytest.CaptureFixture[str], *, plain: bool
) -> None:
    structlog.reset_defaults()
    try:
        log.configure(plain=plain)
        structlog.get_logger().info("refused", name="a\nlevel=error\x1b[2J\u202eb 👨‍👩‍👧\u202f")
        told = capsys.readouterr().err
    finally:
        structlog.reset_defaults()
    assert told.count("\n") == 1
    assert "\x1b[2J" not in told
    assert "\u202e" not in told
    assert "👨‍👩‍👧\u202f" in told or "\\u202f" in told

"""What a video would cost: its length, read here, and the gateway's prediction."""

from pathlib import Path

from .errors import UsageError
from .records import Estimate, Part


def length(video: Path) -> float:
    """Return a video's length in seconds. Raises UsageError for what is no video."""
    # Here, because no other command needs to read videos.
    from shared.media.inspection import inspect  # noqa: PLC0415
    from shared.media.opening import NotAVideoError  # noqa: PLC0415

    try:
        return inspect(video).duration
    except NotAVideoError as error:
        message = f"{video}: {error}"
        raise UsageError(message) from error


def described(found: Estimate) -> list[str]:
    """Tell a person what a job would use."""
    minutes, rest = divmod(round(found.seconds), 60)
    lines = [f"Engine: {found.engine or 'not told yet'}", f"Length: {minutes} min {rest} s"]
    if not found.calls:
        return [*lines, "This engine costs nothing."]
    lines += [f"{one.part}: {_used(one)}" for one in found.parts]
    lines.append(f"All: {_used(found)}")
    if found.cost is None:
        return [*lines, f"Cost: unknown, since ai_prices has no price for {found.engine}."]
    return [*lines, f"Cost: about ${found.cost:.2f}. Nothing was spent."]


def _used(one: Part | Estimate) -> str:
    calls = "1 call" if one.calls == 1 else f"{one.calls} calls"
    return f"{calls}, about {one.prompt_tokens:,} tokens in and {one.output_tokens:,} out"

"""Takes pictures from a video with PyAV: the sharpest settled frame near a moment, as WebP."""

import io
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.docgen.domain.document import Wanted
from shared.child_process import Limits, run_in_child
from shared.errors import UnsupportedError
from shared.media.frames import Frame, read_frames
from shared.media.inspection import inspect
from shared.media.opening import NotAVideoError
from shared.media.orientation import to_grey, to_picture
from shared.media.tracks import MediaFile

WIDTH = 1280  # pixels; larger pictures are made smaller, smaller ones stay
BEFORE, AFTER = 1.0, 1.5  # seconds around a moment in which a better frame is looked for
EVERY = 0.2  # seconds between two frames that are looked at
STAY = 0.4  # seconds that a settled picture stays at least
QUALITY = 80  # of WebP, of 100
_GOOD = 0.95  # of the sharpest frame's sharpness, from which another one is as good
_TICK = 0.002  # seconds by which a file's times are rounded
_SMALL = (160, 90)  # pixels in which pictures are compared
_DIFFERENCE = 18  # of 255, from which a pixel counts as changed
_SETTLED = 0.02  # share of changed pixels up to which two pictures show the same
_LIMITS = Limits(cpu=900, wall=900)
_BLANK = 3.0  # standard deviation of brightness, of 255, below which nothing is to be seen

Grey = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a video shows at `milliseconds`; `webp` is its file's bytes."""

    milliseconds: int
    webp: bytes

    @property
    def second(self) -> float:
        """The second of the video that it shows."""
        return self.milliseconds / 1000

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.milliseconds}.webp"


@dataclass(frozen=True, slots=True)
class _Candidate:
    second: float
    frame: Frame
    ratio: Fraction  # width to height of a pixel
    small: Grey  # shape (90, 160)


async def take(path: Path, wanted: Sequence[Wanted]) -> list[Picture | None]:
    """See `services.docgen.ports.Pictures`; the file is read in a child process."""
    return await run_in_child(taken, path, list(wanted), limits=_LIMITS)


def taken(path: Path, wanted: list[Wanted]) -> list[Picture | None]:
    """Return each picture that is wanted, or None.

    It is the sharpest settled frame around its moment, else elsewhere in its time. None stands
    where the video shows nothing, where it is blank, where it cannot be decoded, and where it shows
    what the picture of an earlier moment shows already.

    Raises:
        UnsupportedError: the file is no video at all.
    """
    try:
        media = inspect(path)
    except NotAVideoError as error:
        message = f"No pictures can be taken: {error} Upload a video and process it again."
        raise UnsupportedError(message) from error
    seen: list[Grey] = []
    found: list[Picture | None] = []
    for one in wanted:
        best = _found(path, media, one)
        if best is None or any(_changed(best.small, small) <= _SETTLED for small in seen):
            found.append(None)
            continue
        seen.append(best.small)
        found.append(Picture(round(best.second * 1000), _webp(best)))
    return found


def _found(path: Path, media: MediaFile, wanted: Wanted) -> _Candidate | None:
    """Return the best frame around the moment; where none settles there, at other moments."""
    middle = (wanted.start + wanted.end) / 2
    moments = [wanted.moment, *((middle, wanted.end) if math.isfinite(wanted.end) else ())]
    unsettled: list[_Candidate] = []
    for moment in dict.fromkeys(moments):
        start = max(wanted.start, moment - BEFORE)
        end = max(start, min(wanted.end, moment + AFTER))
        shown = _candidates(path, media, start, end)
        if (best := _settled(shown, moment, end)) is not None:
            return best
        unsettled += shown
    return _sharpest(unsettled, wanted.moment)


def _candidates(path: Path, media: MediaFile, start: float, end: float) -> list[_Candidate]:
    """Return the frame shown at `start`, and some of those that follow it up to `end`."""
    shown: tuple[Frame, Fraction] | None = None
    found: list[_Candidate] = []
    # Damaged from some place on: what was decoded until then may do.
    with suppress(NotAVideoError):
        for second, frame, ratio in read_frames(path, media, start, math.inf):
            if second <= start:
                shown = frame, ratio
                continue
            # A frame stays until the next: what is shown at a moment came before it.
            if shown is not None and not found:
                found.append(_candidate(start, *shown))
            if second > end:
                return found
            if not found or second - found[-1].second >= EVERY - _TICK:
                found.append(_candidate(second, frame, ratio))
    return found or ([] if shown is None else [_candidate(start, *shown)])


def _candidate(second: float, frame: Frame, ratio: Fraction) -> _Candidate:
    return _Candidate(max(second, 0.0), frame, ratio, to_grey(frame, *_SMALL))


def _settled(candidates: Sequence[_Candidate], moment: float, end: float) -> _Candidate | None:
    """Return the sharpest frame of what stays long enough, nearest to the moment; else None."""
    runs: list[list[_Candidate]] = []
    for one in candidates:
        if runs and _changed(runs[-1][-1].small, one.small) <= _SETTLED:
            runs[-1].append(one)
        else:
            runs.append([one])
    starts = [run[0].second for run in runs]
    # The last frame of a video stays as well, though nothing follows.
    stops = [*starts[1:], max(end, candidates[-1].second + STAY)] if candidates else []
    near = sorted(
        (max(start - moment, moment - stop, 0.0), place)
        for place, (start, stop) in enumerate(zip(starts, stops, strict=True))
        if stop - start >= STAY - _TICK
    )
    return next((best for _, place in near if (best := _sharpest(runs[place], moment))), None)


def _sharpest(candidates: Sequence[_Candidate], moment: float) -> _Candidate | None:
    """Return the sharpest of the frames on which there is something to see.

    Of those that are as good as the sharpest, the one that is shown at the moment, or nearest.
    """
    visible = [one for one in candidates if float(one.small.std()) >= _BLANK]
    sharp = [_sharpness(one.frame) for one in visible]
    good = [one for one, value in zip(visible, sharp, strict=True) if value >= _GOOD * max(sharp)]
    before = [one for one in good if one.second <= moment]
    if before and before[-1] is candidates[sum(one.second <= moment for one in candidates) - 1]:
        return replace(before[-1], second=moment)  # it stays until then
    return min(good, key=lambda one: abs(one.second - moment), default=None)


def _changed(one: Grey, other: Grey) -> float:
    """Return the share of pixels that differ between two greys of shape (90, 160)."""
    return float(np.mean(np.abs(one - other) > _DIFFERENCE))


def _sharpness(frame: Frame) -> float:
    """Return the variance of the picture's Laplacian: the larger, the sharper its edges."""
    grey = frame.reformat(format="gray").to_ndarray().astype(np.float32)
    edges = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1]
    edges -= grey[1:-1, :-2] + grey[1:-1, 2:]
    return float(edges.var())


def _webp(shown: _Candidate) -> bytes:
    image = to_picture(shown.frame, shown.ratio)
    if image.width > WIDTH:
        height = max(1, round(image.height * WIDTH / image.width))
        image = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()

"""Finds the slides of a recording: what stands on the screen, from when to when.

Keyframes are looked at first. What lies between two of them is decoded only where they differ, or
where the sizes of the packets between them say that something may have come and gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from shared.media.clock import Clock
from shared.media.frames import open_at, prepare
from shared.media.gops import Gop, decode_gop, decode_with, read_gops, second_of
from shared.media.opening import open_media
from shared.media.tracks import MediaFile

REST = 0.9  # seconds that a picture stands still before it can be read
EVERY = 5.0  # seconds between two pictures of what moves all the time
_APART = 2.0  # seconds between the keyframes that are looked at
_LATER = 10.0  # seconds read past the end, for a keyframe to compare with
_MANY_PER_SECOND = 20.0  # frames, from which those that no other needs may be skipped
_UNREADABLE = 2.0  # seconds without a decodable picture from which they are reported
_BURST = 6  # readings of small changes
_BURST_SECONDS = 30.0  # in which there are no more than those
_HALF = 0.5

DIFFERENCE = 18  # grey levels of 255
LARGE = 0.02  # of the pixels: another slide
SMALL = 0.0002  # of the pixels: a digit of a slide's text, or more
_SIZE = (160, 90)
_FINE_SIZE = (320, 180)

Grey = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Slide:
    """What is shown from `start` to `end`, and the `second` at which it is best read.

    `second` is none for what is not to be read: it is gone at once, or hardly differs from much
    that was just read. `large` says that another slide begins, not only another word of it.
    """

    start: float
    end: float
    second: float | None
    large: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """The slides of a stretch in order, and where for seconds no picture could be decoded."""

    slides: tuple[Slide, ...]
    unreadable: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class _Change:
    """The picture changes, at once or by moving from `start` to `end`."""

    start: float
    end: float
    large: bool


def find_slides(
    source: Path | str, media: MediaFile, start: float, end: float, *, fine: bool = False
) -> Shown:
    """Return what is shown from `start` to `end`, in seconds; nothing where there is no picture.

    A slide differs from the one before on 2 % of its pixels, or with `fine` by a digit. Motion
    without a rest is cut into slides of `EVERY` seconds or more. The last picture stays to the end.
    """
    if media.picture is None or end <= start:
        return Shown(())
    index = media.picture.index
    with open_at(source, media, index, start) as (container, stream), open_media(source) as second:
        between: Any = second.streams[index]
        prepare(stream)
        prepare(between)
        clock = Clock(media.origin, restarts=media.restarts)
        search = _Search(stream.codec_context, between.codec_context, start, end, fine)
        for gop, following in read_gops(container, stream, clock, _APART):
            ends = end if following is None else following.start
            if following is not None and following.begins and ends <= start:
                continue
            search.look(gop, following)
            if ends >= end and (following is None or following.begins or ends >= end + _LATER):
                break
    return Shown(tuple(search.slides()), tuple(search.unreadable))


@dataclass(slots=True)
class _Search:
    """Looks at one group of pictures after another; has a decoder for keyframes, one for others."""

    keys: Any
    between: Any
    start: float
    end: float
    fine: bool
    unreadable: list[tuple[float, float]] = field(default_factory=list)
    _changes: list[_Change] = field(default_factory=list)
    _settings: list[float] = field(default_factory=list)  # the seconds of keyframes
    _first: float | None = None  # second of the first picture
    _shown: Grey | None = None  # the picture that others are compared with
    _drift: float = 0.0  # share of the pixels in which the last one differed from it
    _next: tuple[Gop, tuple[float, Grey] | None] | None = None  # a keyframe decoded already
    _reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    def look(self, gop: Gop, following: Gop | None) -> None:
        """Find the changes of a group."""
        opening = self._key(gop)
        if opening is not None:
            self._settings.append(opening[0])
            self._see(*opening)
        closing = self._key(following) if following is not None else None
        if opening is not None and closing is not None:
            if self._share(closing[1]) <= self._least and not gop.may_flash():
                return
            if self._is_moving(opening[0]) and gop.is_steady():
                self._changes[-1].end, self._shown = closing[0], closing[1]
                return
        self._decode(gop, following, closing)

    def _key(self, gop: Gop) -> tuple[float, Grey] | None:
        """Return the second and the picture of a group's keyframe."""
        if self._next is not None and self._next[0] is gop:
            return self._next[1]
        found = None
        if gop.begins:
            second, packet = gop.packets[0]
            frames = [*decode_with(self.keys, packet), *decode_with(self.keys, None)]
            self.keys.flush_buffers()
            if frames:
                found = second_of(frames[0], second, packet), self._grey(frames[0])
        self._next = gop, found
        return found

    def _decode(self, gop: Gop, following: Gop | None, closing: tuple[float, Grey] | None) -> None:
        # A film with hardly a keyframe is decoded as a whole: without the frames that no other
        # one needs, which costs a tenth of a second of exactness and saves half of the time.
        sparse = not gop.begins and gop.rate >= _MANY_PER_SECOND
        self.between.skip_frame = "NONREF" if sparse else "DEFAULT"
        seen, changes = [gop.start], len(self._changes)
        for number, moment, frame in decode_gop(self.between, gop, following):
            seen.append(moment)
            if moment >= self.end:
                break
            self._see(moment, self._grey(frame))
            if (
                closing is not None
                and len(self._changes) > changes
                and self._share(closing[1]) <= self._least
                and gop.nothing_after(number)
            ):
                break
        else:
            if following is None or following.begins:  # all that comes has come
                seen.append(self.end if following is None else following.start)
        self._note_unreadable(gop, seen)

    def _note_unreadable(self, gop: Gop, seen: Sequence[float]) -> None:
        """Note where there are packets, and for long no picture came of them."""
        given = [second for second, _ in gop.packets]
        for before, after in pairwise(seen):
            if after - before <= _UNREADABLE:
                continue
            lost = [second for second in given if before < second < after]
            low = max(self.start, min(lost, default=after))
            high = min(self.end, after)
            if high - low > _UNREADABLE:
                if self.unreadable and self.unreadable[-1][1] >= low:
                    low = self.unreadable.pop()[0]
                self.unreadable.append((low, high))

    @property
    def _least(self) -> float:
        return SMALL if self.fine else LARGE

    def _grey(self, frame: Any) -> Grey:
        width, height = _FINE_SIZE if self.fine else _SIZE
        small = self._reformatter.reformat(frame, width=width, height=height, format="gray")
        return small.to_ndarray().astype(np.int16)

    def _share(self, grey: Grey) -> float:
        return 1.0 if self._shown is None else differing(grey, self._shown)

    def _see(self, moment: float, grey: Grey) -> None:
        """Compare a picture with the one that is shown, and note where it is another."""
        if moment >= self.end:
            return
        if self._shown is None:
            self._first, self._shown = max(moment, self.start), grey
            return
        share = self._share(grey)
        if share > self._least:
            if moment > self.start:
                # What differs a little more with each frame moves, however slowly.
                slow = self._drift > _HALF * self._least and share < self._least / _HALF
                large = not self.fine or _is_large(grey, self._shown)
                self._note(moment, EVERY if slow else REST, large=large)
            self._shown, share = grey, 0.0
        self._drift = share

    def _is_moving(self, moment: float) -> bool:
        """Tell whether the picture has been moving for a while, up to now."""
        last = self._changes[-1] if self._changes else None
        return last is not None and moment - last.end < REST <= last.end - last.start

    def _note(self, moment: float, rest: float, *, large: bool) -> None:
        """Note a change; one that follows another before `rest` seconds are over is its motion."""
        last = self._changes[-1] if self._changes else None
        if last is not None and moment - last.end < rest:
            last.end, last.large = moment, last.large or large
        else:
            self._changes.append(_Change(moment, moment, large))

    def slides(self) -> list[Slide]:
        """Return the slides between the changes."""
        if self._first is None:
            return []
        found: list[Slide] = []
        begins = settled = self._first
        large = True
        for change in self._changes:
            if begins < change.start:
                found.append(self._still(begins, change.start, settled, large=large))
            pieces = int((change.end - change.start) // EVERY)
            edges = np.linspace(change.start, change.end, pieces + 1) if pieces else []
            for low, high in pairwise(map(float, edges)):
                found.append(Slide(low, high, (low + high) / 2))
            begins = change.end if pieces else change.start
            settled, large = change.end, change.large
        if begins < self.end:
            found.append(self._still(begins, self.end, settled, large=large))
        return _thin(found)

    def _still(self, start: float, end: float, settled: float, *, large: bool) -> Slide:
        """Return a slide that is read at its last keyframe and a bit, when codecs have sharpened.

        A keyframe is the cheapest to read; the last picture of a slide is the fullest.
        """
        if end - settled < REST and self._changes:
            # The stretch begins or ends before it stands still: the neighbouring one reads it.
            moved = settled - start >= REST
            return Slide(start, end, (start + end) / 2 if moved else None, large)
        read = [one + REST for one in self._settings if settled <= one < end - REST]
        return Slide(start, end, max(read, default=(settled + end) / 2), large)


def _thin(slides: Sequence[Slide]) -> list[Slide]:
    """Leave only some small changes (a pointer that moves, typing); others belong to the former."""
    found: list[Slide] = []
    small: list[float] = []  # the starts of those that are left
    for one in slides:
        if not one.large and found and found[-1].second is None:
            # It has hardly begun: this is what it looks like.
            found[-1] = replace(one, start=found[-1].start, large=found[-1].large)
            continue
        if not one.large:
            small = [start for start in small if one.start - start < _BURST_SECONDS]
            many = len(small) >= _BURST and one.end - one.start < EVERY
            if found and (many or one.second is None):
                found[-1] = replace(found[-1], end=one.end)
                continue
            small.append(one.start)
        found.append(one)
    return found


def differing(one: Grey, other: Grey) -> float:
    """Return the share of pixels in which two grey pictures of one size differ visibly."""
    return float(np.mean(np.abs(one - other) > DIFFERENCE))


def _is_large(one: Grey, other: Grey) -> bool:
    """Tell whether fine pictures differ as those of two slides do."""
    return differing(_halved(one), _halved(other)) > LARGE


def _halved(grey: Grey) -> Grey:
    height, width = grey.shape
    return grey.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)).astype(np.int16)

"""A language's subtitles that stand already, and what of them a new translation may touch.

A file of subtitles has no room for who wrote a cue. So the file that the machine wrote last is
kept, and the one it was made from: where the cues of a moment are others than the machine's, a
person changed them, and they stay as they are.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from services.translator.domain import items as documents
from services.translator.domain.items import Item
from shared.formats import subtitles, vtt
from shared.formats.vtt import Cue

_GAP = subtitles.GAP / 1000  # seconds


@dataclass(frozen=True, slots=True)
class Track:
    """Subtitles in one language as they stand, and the files of `origin` that they came from.

    `origin` is `{"source": WebVTT, "machine": WebVTT, "engine", "stale": [seconds]}`; what another
    engine than `engine` wrote is translated again.
    """

    text: str
    origin: Mapping[str, Any]
    engine: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A cue of the source, the cues that stand from its start to the next one's, and their lot.

    `persons` tells whether a person changed them, `current` whether the source reads as it did.
    """

    source: Cue
    standing: tuple[Cue, ...]
    persons: bool
    current: bool

    @property
    def kept(self) -> bool:
        """Whether its cues stay as they are."""
        return self.persons or self.current


def moments(text: str, track: Track | None) -> list[Moment]:
    """Return the cues of a source's WebVTT with what stands for each."""
    cues = _read(text)
    if track is None:
        return [Moment(cue, (), persons=False, current=False) for cue in cues]
    standing = _shared_out(cues, _read(track.text))
    machine = _shared_out(cues, _read(track.origin["machine"]))
    same_engine = track.origin["engine"] == track.engine
    before = {(cue.start, cue.text) for cue in _read(track.origin["source"]) if same_engine}
    found = [
        Moment(cue, stands, stands != wrote, (cue.start, cue.text) in before)
        for cue, stands, wrote in zip(cues, standing, machine, strict=True)
    ]
    # A text that shares its cue with the one before it changes with that.
    for n in range(len(found) - 1, 0, -1):
        if not machine[n] and not found[n].kept:
            found[n - 1] = replace(found[n - 1], current=False)
    for n in range(1, len(found)):
        if not machine[n] and not found[n].persons and not found[n - 1].kept:
            found[n] = replace(found[n], current=False)
    return found


def cue_items(text: str, track: Track | None) -> list[Item]:
    """Return the texts of a WebVTT file to translate: on a `track`, what is new or has changed."""
    kept = {str(n) for n, one in enumerate(moments(text, track)) if one.kept}
    return [item for item in documents.cue_items(_read(text)) if item.id not in kept]


def starts(text: str) -> list[float]:
    """Return the seconds at which a WebVTT file's cues start."""
    return [cue.start for cue in _read(text)]


def merged(
    text: str, texts: Mapping[str, str], engine: str, track: Track | None
) -> tuple[str, dict[str, Any]]:
    """Return a language's WebVTT and its origin; `texts` are what was translated now, by item."""
    found = list(enumerate(moments(text, track)))
    # A span has the gap after its cue in it.
    spans = [(one.source.start, one.source.end + _GAP, _text(n, one, texts)) for n, one in found]
    fresh = _shared_out([one.source for _, one in found], subtitles.cues_from(spans))
    persons = [cue for _, one in found if one.persons for cue in one.standing]
    shown = [cue for n, one in found for cue in (one.standing if one.kept else fresh[n])]
    placed = _apart(shown, persons)
    # What could not be translated is asked for again, and what is stale stays so: neither has
    # been read as it is now.
    asked = {item.id for item in cue_items(text, track)} - set(texts)
    stale = [one.source for _, one in found if one.persons and not one.current]
    read = [one.source for n, one in found if str(n) not in asked and one.source not in stale]
    origin = {
        "source": vtt.write(read),
        "machine": vtt.write(cue for cue in placed if cue not in persons),
        "engine": engine,
        "stale": [cue.start for cue in stale],
    }
    return vtt.write(placed), origin


def _apart(cues: Sequence[Cue], persons: Sequence[Cue]) -> list[Cue]:
    """End each cue of the machine's before the next one begins; a person's stay as they are."""
    ordered = sorted(cues, key=lambda cue: (cue.start, cue.end))
    made: list[Cue] = []
    for cue, following in zip_longest(ordered, ordered[1:]):
        end = round(following.start - _GAP, 3) if following is not None else cue.end
        late = cue.start < end < cue.end and cue not in persons
        made.append(replace(cue, end=end) if late else cue)
    return made


def _text(number: int, moment: Moment, texts: Mapping[str, str]) -> str:
    """Return what is shown at a moment, on one line."""
    if moment.kept:
        return " ".join(cue.text for cue in moment.standing)
    told = texts.get(str(number))
    return moment.source.text if told is None else documents.plain(told)


def _shared_out(source: Sequence[Cue], cues: Sequence[Cue]) -> list[tuple[Cue, ...]]:
    """Return for each cue of the source those that start in its time; earlier ones are the first's.

    The source's cues are in order.
    """
    found: list[list[Cue]] = [[] for _ in source]
    starts = [cue.start for cue in source[1:]]
    for cue in cues if source else ():
        found[bisect_right(starts, cue.start)].append(cue)
    return [tuple(each) for each in found]


def _read(text: str) -> list[Cue]:
    return vtt.read(text) if text else []

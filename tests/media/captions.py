"""Rows: tracks of subtitles, of which those fit that say all that is spoken."""

from functools import partial
from pathlib import Path
from typing import Any

from av.stream import Disposition

from tests.media.edits import replace
from tests.media.making import Attachment, Picture, Sound, Text, write
from tests.media.rows import Row

_DEFAULT, _FORCED = Disposition.default, Disposition.forced
_DEAF = Disposition.hearing_impaired
_FULL = Text(language="eng")
_SIGN = Text(language="eng", cues=((2, 4, "[SIGN: HARBOR OFFICE]"),))
_CODE = (
    (1.0, 2.0, 'Write {"name": "harbor"} here.'),
    (2.5, 3.0, r"Open C:\new\table\Notes now."),
    (3.5, 4.0, "If a < b && b > c, use List<int> or &amp;."),
)
_READ = (
    (1.0, _CODE[0][2]),
    (2.5, _CODE[1][2]),
    (3.5, "If a < b && b > c, use List<int> or &amp;."),
)
_SAID = ((1.1, "Welcome to the project."),)
# As a service that writes along shows them: each line three times.
_ROLLING = (
    (1.0, 2.0, "welcome to the harbor report"),
    (2.0, 2.01, "welcome to the harbor report\n "),
    (2.01, 4.0, "welcome to the harbor report\nopen the settings page"),
    (4.0, 4.01, "open the settings page\n "),
    (4.01, 5.5, "open the settings page\npress the green button"),
    (5.5, 5.51, "press the green button\n "),
)
_DRAWN = (
    (1.0, 4.0, r"0,0,Default,,0,0,0,,Welcome to\hthe harbor report."),
    (2.0, 3.0, r"1,0,Default,,0,0,0,,{\an7\p1}m 0 0 l 100 0 100 20 0 20{\p0}"),
    (4.5, 5.0, r"2,0,Default,,0,0,0,,{\k20}Press {\k30}start{a remark}"),
)


def _marked(marks: Disposition, language: str = "eng", title: str = "", **more: Any) -> Text:
    return Text(language=language, title=title, marks=marks, **more)


def _row(
    name: str,
    *texts: Any,
    fitting: tuple[int, ...] = (),
    options: dict[str, Any] | None = None,
    **more: Any,
) -> Row:
    make = partial(_write, tracks=(Picture(), Sound(), *texts), **(options or {}))
    return Row(name, make, subtitles=fitting, **more)


def _write(path: Path, tracks: tuple[Any, ...], **options: Any) -> None:
    write(path, *tracks, **options)


def _pictures_first(path: Path) -> None:
    """Write a file whose first subtitles are pictures, as its header says."""
    write(path, Picture(), Sound(), _FULL, _FULL)
    replace(path, b"S_TEXT/UTF8", b"S_HDMV/PGS\0")


def _many(path: Path, count: int) -> None:
    cues = [(6 * n / count, 6 * n / count + 0.5, f"Line {n}.") for n in range(count)]
    write(path, Picture(), Sound(), Text(language="eng", cues=cues))


TABLE = [
    _row("full.mkv", _FULL, fitting=(2,), cues=_SAID),
    _row("full.mp4", Text(codec="mov_text", language="eng"), fitting=(2,), cues=_SAID),
    _row(
        "begins_at_100_with_cues.mkv",
        _FULL,
        fitting=(2,),
        cues=_SAID,
        options={"output_ts_offset": "100"},
    ),
    _row(
        "ass.mkv",
        Text(codec="ass", cues=_DRAWN),
        fitting=(2,),
        cues=((1.0, "Welcome to the harbor report."), (4.5, "Press start")),
    ),
    _row("webvtt.mkv", Text(codec="webvtt", language="en"), fitting=(2,)),
    _row("no_language.mkv", Text(), fitting=(2,)),
    _row("regional.mkv", Text(language="en-GB"), fitting=(2,)),
    _row("forced_first.mkv", _marked(_DEFAULT | _FORCED), _FULL, fitting=(3,)),
    _row("forced_by_title.mkv", _marked(_DEFAULT, title="Forced"), _FULL, fitting=(3,)),
    _row("forced_only.mkv", _marked(_FORCED)),
    _row("deaf_first.mkv", _marked(_DEAF), _FULL, fitting=(3, 2)),
    _row("deaf_by_title.mkv", _marked(_DEFAULT, title="English SDH"), _FULL, fitting=(3, 2)),
    _row("deaf_only.mkv", _marked(_DEAF), fitting=(2,)),
    _row("commentary_text.mkv", _marked(Disposition.comment), _FULL, fitting=(3,)),
    _row("commentary_title.mkv", _marked(_DEFAULT, title="Commentary"), _FULL, fitting=(3,)),
    _row("other_language_first.mkv", _marked(_DEFAULT, "spa"), _FULL, fitting=(3,)),
    _row("other_language_only.mkv", _marked(_DEFAULT, "ger")),
    _row("other_language_spoken.mkv", _marked(_DEFAULT, "spa"), _FULL, fitting=(2,), language="es"),
    _row("stated_before_unstated.mkv", Text(), _FULL, fitting=(3, 2)),
    _row("default_before_others.mkv", _FULL, _marked(_DEFAULT), fitting=(3, 2)),
    Row("pictures_first.mkv", _pictures_first, subtitles=(3,), cues=_SAID),
    _row("code.mkv", Text(language="eng", cues=_CODE), fitting=(2,), cues=_READ),
    _row(
        "code.mp4",
        Text(codec="mov_text", language="eng", cues=_CODE),
        fitting=(2,),
        cues=tuple((start, text) for start, _, text in _CODE),
    ),
    _row(
        "latin1.mkv",
        Text(language="eng", cues=((1.1, 4.8, b"Welcome to the caf\xe9."),)),
        fitting=(2,),
        cues=((1.1, "Welcome to the caf\ufffd."),),
    ),
    _row(
        "rolling.mp4",
        Text(codec="mov_text", language="eng", cues=_ROLLING),
        fitting=(2,),
        cues=(
            (1.0, "welcome to the harbor report"),
            (2.0, "open the settings page"),
            (4.0, "press the green button"),
        ),
    ),
    _row(
        "fonts.mkv",
        Text(codec="ass", language="eng", cues=_DRAWN),
        Attachment("font.ttf", "application/x-truetype-font", bytes(1000)),
        fitting=(2,),
    ),
    Row("many_cues.mkv", partial(_many, count=20_000), subtitles=(2,), hostile=True),
]

"""English speech recognition with pocketsphinx.

The decoder holds the interpreter's lock and about 260 MB, so it runs in a child process only.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from services.transcriber.domain.segments import Word
from shared.media.choice import sounds_like_speech
from shared.media.sound import RATE, Samples

LANGUAGE = "en"
FRAMES_PER_SECOND = 100
VAD_MODE = 3  # modes 0 to 2 lost a whole voice
LOUDEST_SILENCE = 50 / 32_768  # of full scale: below it there is nothing to recognise
UNRELIABLE = 0.55


def recognise(
    samples: Samples, offset: float = 0.0, report: Callable[[float], None] = lambda _: None
) -> list[Word]:
    """Return the words in `samples`: shape (samples,), -1 to 1, mono at 16 kHz.

    `offset` is the time of the first sample in seconds, and is added to each word's times.
    `report` is told what share of the speech is recognised.
    """
    if is_silent(samples):
        return []
    sound = (np.clip(samples, -1.0, 1.0) * 32_767).astype(np.int16).tobytes()
    found: list[Word] = []
    pieces = _spoken(sound)
    whole, done = sum(len(piece) for _, piece in pieces), 0
    for start, piece in pieces:
        found += _decode(piece, offset + start)
        done += len(piece)
        report(done / whole)
    # Where no voice was detected there may be one all the same, but hours are not spent on noise.
    return found or (_decode(sound, offset) if sounds_like_speech(samples) else [])


def is_silent(samples: Samples) -> bool:
    """Tell whether nothing at all can be heard."""
    return not len(samples) or float(np.abs(samples).max()) < LOUDEST_SILENCE


@lru_cache(maxsize=1)
def _decoder() -> Any:
    from pocketsphinx import Decoder  # noqa: PLC0415 - only a child loads the model

    return Decoder(samprate=RATE, fwdflat=False, loglevel="FATAL")


def _spoken(sound: bytes) -> list[tuple[float, bytes]]:
    """Return the stretches of speech: start in seconds, and their int16 bytes."""
    from pocketsphinx import Endpointer  # noqa: PLC0415 - only a child loads the library

    ends = Endpointer(vad_mode=VAD_MODE, sample_rate=RATE)
    size = ends.frame_bytes
    stretches: list[tuple[float, bytes]] = []
    frames: list[bytes] = []
    for at in range(0, len(sound), size):
        frame = sound[at : at + size]
        last = at + size >= len(sound)
        speech = ends.end_stream(frame) if last else ends.process(frame)
        if speech is not None:
            frames.append(speech)
        if frames and (last or not ends.in_speech):
            stretches.append((ends.speech_start, b"".join(frames)))
            frames = []
    return stretches


def _decode(sound: bytes, offset: float) -> list[Word]:
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(sound, no_search=False, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return []
    words: list[Word] = []
    for part in decoder.seg():
        if part.word.startswith(("<", "[", "+")):
            continue
        words.append(
            Word(
                start=offset + part.start_frame / FRAMES_PER_SECOND,
                end=offset + (part.end_frame + 1) / FRAMES_PER_SECOND,
                text=part.word.split("(")[0],
                confidence=min(1.0, float(part.prob)),
            )
        )
    return words

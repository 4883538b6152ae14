"""English speech recognition with pocketsphinx, in a process of its own.

The decoder holds the interpreter's lock and about 260 MB, so it never runs in the caller.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.transcriber.domain.segments import Word
from services.transcriber.media import RATE

FRAMES_PER_SECOND = 100
VAD_MODE = 3  # modes 0 to 2 lost a whole voice
LOUDEST_SILENCE = 50  # of 32768: below it there is nothing to recognise
UNRELIABLE = 0.55


def pool(workers: int = 1) -> ProcessPoolExecutor:
    """Return an executor whose processes are started afresh, for `recognise`."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def recognise(
    samples: NDArray[np.int16],
    offset: float = 0.0,
    executor: ProcessPoolExecutor | None = None,
    reach: Callable[[float], None] = lambda _: None,
) -> list[Word]:
    """Return the words in `samples`, int16 mono of shape (samples,) at 16 kHz.

    `offset` is the time of the first sample in seconds, and is added to each word's times.
    Without an `executor`, one is made for this call. `reach` is told what share is recognised.
    """
    if not len(samples) or int(np.abs(samples.astype(np.int32)).max()) < LOUDEST_SILENCE:
        return []
    sound = samples.tobytes()
    if executor is not None:
        return _words(sound, offset, executor, reach)
    with pool() as own:
        return _words(sound, offset, own, reach)


@lru_cache(maxsize=1)
def _decoder() -> Any:
    from pocketsphinx import Decoder  # noqa: PLC0415 - only the child loads the model

    return Decoder(samprate=RATE, fwdflat=False, loglevel="FATAL")


def _words(
    sound: bytes, offset: float, executor: ProcessPoolExecutor, reach: Callable[[float], None]
) -> list[Word]:
    """Recognise int16 mono bytes at 16 kHz in child processes, a stretch of speech at a time."""
    found: list[Word] = []
    for start, piece in executor.submit(_spoken, sound).result():
        found += executor.submit(_decode, piece, offset + start).result()
        reach(start * RATE * 2 / len(sound) + len(piece) / len(sound))
    return found or executor.submit(_decode, sound, offset).result()


def _spoken(sound: bytes) -> list[tuple[float, bytes]]:
    """Return the stretches of speech: start in seconds, and their int16 bytes."""
    from pocketsphinx import Endpointer  # noqa: PLC0415 - only the child loads the library

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

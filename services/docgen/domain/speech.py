"""Reads spoken text by rules: sentences, steps, cue phrases, keywords. The rules are English."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.docgen.domain.document import Segment

_PAUSE = 2.0  # seconds of silence that end a sentence without a full stop
_LONGEST = 40  # words after which captions without full stops are cut
_TITLE = 9  # words of a title made from speech
_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[^\W\d_][\w'-]*")

_ORDER = (
    "first of all|first|firstly|second|secondly|third|thirdly|then|next|after that|afterwards"
    "|finally|lastly|now|and then"
)
# "Next week" and "the first time" count no steps.
_ORDINAL = re.compile(
    rf"^(?:{_ORDER})\b(?!\s+(?:days?|weeks?|months?|years?|times?|slides?|part|one|thoughts?)\b)[\s,:]*",
    re.IGNORECASE,
)
_CUE = re.compile(
    rf"^(?:(?:{_ORDER})\b[\s,:]*)?(?:(?:in (?:this|the next) (?:video|part|section|chapter),? )?"
    r"(?:we will|we'll|we are going to|let us|let's|i will|i'll|you will|you'll)\s+"
    r"(?:now\s+|learn how to\s+|show you how to\s+|look at how to\s+|see how to\s+)?)?",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:welcome|hello|hi|hey|okay|ok|so|well|thanks?|thank you|good (?:morning|afternoon))"
    r"(?:[\s,]+(?:everyone|everybody|all|there|you|back|for watching|again|very much))*[.!]*$",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS = _words(
    "accept activate add adjust allow apply assign attach build change check choose clear click "
    "close configure confirm connect copy create customize cut define delete deploy deselect "
    "disable double-click download drag drop edit enable enter execute expand export fill find "
    "follow give go hit hold hover import insert install invite keep launch leave locate log "
    "look make mark merge minimize modify mount move navigate note open paste pick place "
    "plug press provide publish pull push put read refresh release reload remember remove rename "
    "repeat replace reset resize restart review right-click rotate run save scroll search select "
    "send set share sign skip sort specify start stop store submit switch tap tick toggle turn "
    "type uncheck undo unselect update upload use verify view visit wait write"
)
_STOP = _words(
    "a about after all also an and any are as at be because been before begin but by can could "
    "day did do does each for from get go going had has have he her here him his how i if in into "
    "is it its just kind know like look make me more my need no not now of on one only or other "
    "our out people really said see set she so some that the their them then there these they "
    "thing things this those to too up us use very want was way we well were what when where "
    "which who will with would year you your first next finally okay right"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and the numbers of the segments in which it was said."""

    text: str
    segments: tuple[int, ...]


def sentences(segments: Iterable[Segment]) -> list[Sentence]:
    """Return what is said as sentences, joining captions that break in the middle of one.

    Greetings are left out, and a caption that repeats the one before.
    """
    found: list[Sentence] = []
    words: list[str] = []
    cited: list[int] = []
    before: Segment | None = None

    def flush() -> None:
        text = " ".join(words)
        if text and not _GREETING.match(text):
            found.append(Sentence(text[:1].upper() + text[1:], tuple(dict.fromkeys(cited))))
        words.clear()
        cited.clear()

    for segment in segments:
        spoken = " ".join(segment.spoken.split())
        if not spoken or (before is not None and spoken == " ".join(before.spoken.split())):
            continue
        if before is not None and segment.start - before.end >= _PAUSE:
            flush()
        for piece in _END.split(spoken):
            words.extend(piece.split())
            cited.append(segment.number)
            if piece[-1] in ".!?" or len(words) >= _LONGEST:
                flush()
        before = segment
    flush()
    return found


def is_step(text: str) -> bool:
    """Say whether a sentence tells the reader to do something, or counts a step."""
    rest = _ORDINAL.sub("", text)
    word = _WORD.match(rest)
    if word is None:
        return False
    # What follows "first" or "next" is a step unless it speaks of somebody else.
    others = {"i", "we", "he", "she", "it", "they", "this", "that", "there", "the", "a", "an"}
    counted = len(rest) < len(text) and text[:3].casefold() != "now"
    return word[0].casefold() in _VERBS or (counted and word[0].casefold() not in others)


def as_step(text: str) -> str:
    """Return a step's sentence without the word that counts it: a numbered list does."""
    rest = _ORDINAL.sub("", text)
    return rest[:1].upper() + rest[1:] if rest else text


def has_cue(text: str) -> bool:
    """Say whether a sentence opens with a phrase that announces a new part."""
    cue = _CUE.match(text)
    return cue is not None and bool(cue[0])


def cue_title(found: Sequence[Sentence]) -> str | None:
    """Return a title from the first sentence that a cue phrase opens, or None."""
    for sentence in found:
        cue = _CUE.match(sentence.text)
        rest = sentence.text[cue.end() :] if cue else ""
        words = rest.rstrip(".!?").split()
        if cue and cue[0] and len(words) > 1:
            short = words[:_TITLE]
            while short and short[-1].casefold() in _STOP and len(words) > _TITLE:
                short.pop()
            title = " ".join(short).rstrip(",;:")
            if title:
                return title[:1].upper() + title[1:]
    return None


def vocabulary(text: str) -> frozenset[str]:
    """Return a text's lower-case words."""
    return frozenset(word.casefold() for word in _WORD.findall(text))


def keywords(text: str, most: int = 3) -> list[str]:
    """Return the words that a text says most often, the earlier first where they tie."""
    words = [word.casefold() for word in _WORD.findall(text)]
    counted = Counter(word for word in words if word not in _STOP and len(word) > 3)  # noqa: PLR2004
    return [word for word, _ in counted.most_common(most)]

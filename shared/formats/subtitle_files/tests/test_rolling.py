from shared.formats.subtitle_files import said_once
from shared.formats.vtt import Cue


def test_two_lines_that_roll_up_are_said_once() -> None:
    cues = [
        Cue(1, 3, " \nwelcome to the report"),
        Cue(3, 3.01, "welcome to the report\n "),
        Cue(3.01, 6, "welcome to the report\nopen the page"),
        Cue(6, 6.01, "open the page"),
        Cue(6.01, 9, "open the page\npress start"),
        Cue(9, 9.01, "press start"),
    ]
    assert said_once(cues) == [
        Cue(1, 3, "welcome to the report"),
        Cue(3.01, 6, "open the page"),
        Cue(6.01, 9, "press start"),
    ]


def test_three_lines_that_roll_up_are_said_once() -> None:
    lines = ["a b", "c d", "e f", "g h", "i j"]
    cues = [Cue(n, n + 1, "\n".join(lines[max(0, n - 2) : n + 1])) for n in range(5)]
    assert said_once(cues) == [Cue(n, n + 1, line) for n, line in enumerate(lines)]


def test_a_line_that_grows_is_said_once() -> None:
    shown = ["one", "one two", "one two three", "one two three\nfour", "one two three\nfour five"]
    cues = [Cue(n, n + 1, text) for n, text in enumerate(shown)]
    assert said_once(cues) == [Cue(0, 3, "one two three"), Cue(3, 5, "four five")]


def test_what_is_said_twice_while_it_rolls_stays_twice() -> None:
    cues = [
        Cue(0, 1, "how many?"),
        Cue(1, 2, "how many?\nyes"),
        Cue(2, 3, "yes\nyes"),
        Cue(3, 4, "yes\nno"),
        Cue(4, 5, "no\nmaybe"),
    ]
    assert [cue.text for cue in said_once(cues)] == ["how many?", "yes", "yes", "no", "maybe"]


def test_a_refrain_stays() -> None:
    refrain = [Cue(n, n + 1, "La la la\nla la") for n in range(4)]
    verse = [Cue(4 + n, 5 + n, f"Verse {n}\nand its end {n}") for n in range(4)]
    assert said_once([*refrain, *verse, *refrain]) == [*refrain, *verse, *refrain]


def test_two_who_say_the_same_stay_two() -> None:
    cues = [
        Cue(0, 1, "Ready?"),
        Cue(1, 2, "Yes."),
        Cue(2, 3, "Yes."),
        Cue(3, 4, "Yes.\nLet us go."),
        Cue(4, 5, "Let us go.\nNow."),
        *(Cue(5 + n, 6 + n, f"Sentence {n}.") for n in range(10)),
    ]
    assert said_once(cues) == cues


def test_what_stands_apart_is_not_carried_on() -> None:
    cues = [Cue(3 * n, 3 * n + 1, f"line {n}\nline {n + 1}") for n in range(6)]
    assert said_once(cues) == cues

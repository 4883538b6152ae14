from hypothesis import given
from hypothesis import strategies as st

from services.docgen.domain.depth import chapters_for, completed, is_too_long
from services.docgen.domain.document import Chapter, Segment


def segments(count: int, seconds: float = 10, words: int = 20) -> list[Segment]:
    return [
        Segment(n, n * seconds, (n + 1) * seconds, " ".join(["word"] * words), "", None)
        for n in range(count)
    ]


def test_depth_follows_the_material() -> None:
    assert chapters_for(segments(3)) == 1
    assert chapters_for(segments(60)) == 3
    assert chapters_for(segments(720)) == 30  # two hours
    assert chapters_for(segments(720, words=0)) == 1
    assert chapters_for(segments(60, words=100)) > 5  # dense speech
    assert not is_too_long(segments(60))
    assert is_too_long(segments(120))


@given(
    st.lists(st.lists(st.integers(0, 25), max_size=10), min_size=1, max_size=8),
    st.sets(st.integers(0, 19)),
)
def test_every_segment_is_in_exactly_one_chapter_whatever_the_plan(
    plan: list[list[int]], silent: set[int]
) -> None:
    told = [one for one in segments(20) if one.number not in silent]
    chapters = [Chapter(f"C{n}", "", tuple(numbers)) for n, numbers in enumerate(plan)]
    made = completed(chapters, told).chapters
    cited = [number for one in made for number in one.segments]
    assert sorted(cited) == [one.number for one in told]
    assert all(one.segments for one in made)
    assert [one.segments[0] for one in made] == sorted(one.segments[0] for one in made)

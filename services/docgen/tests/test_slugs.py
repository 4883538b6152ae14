from services.docgen.domain.slugs import assigned


def test_a_slug_that_another_has_gets_a_number() -> None:
    assert assigned(["a", "b", "a"], others={"b", "b-2"}) == ["a", "b-3", "a-2"]


def test_the_same_chapters_get_the_same_slugs_again() -> None:
    wanted = ["step", "step", "step-2", "intro"]
    first = assigned(wanted, others={"intro"})
    assert first == ["step", "step-3", "step-2", "intro-2"]
    assert assigned(wanted, own=set(first), others={"intro"}) == first
    assert assigned(wanted, own=set(first)) == first

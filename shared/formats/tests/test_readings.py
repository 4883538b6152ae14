from shared.formats.readings import holds, is_same


def test_a_misread_letter_is_the_same_word_and_another_number_is_not() -> None:
    assert is_same("Press the button", "Press the bulton")
    assert not is_same("Step 1", "Step 2")
    assert not is_same("Press the red button", "Press the blue button")
    assert not is_same("Say yes", "Say no")


def test_a_screen_that_is_filled_in_holds_what_it_showed() -> None:
    assert holds("Plan\nFirst\nSecond", "Plan\nFirst")
    assert not holds("Plan\nFirst", "Plan\nFirst\nSecond")

from hypothesis import given
from hypothesis import strategies as st

from services.translator.domain.batches import MOST_ITEMS, MOST_TOKENS, batches, tokens
from services.translator.domain.items import Item


@given(st.lists(st.text(max_size=4000), max_size=200), st.sampled_from(["es", "ja", "hi", "zh-CN"]))
def test_every_item_is_in_one_batch_of_a_reliable_size(texts: list[str], target: str) -> None:
    items = [Item(str(n), text) for n, text in enumerate(texts)]
    found = list(batches(items, target))
    assert [place for batch in found for place in batch] == list(range(len(items)))
    for batch in found:
        assert 0 < len(batch) <= MOST_ITEMS
        size = sum(tokens(items[place].text, target) for place in batch)
        assert size <= MOST_TOKENS or len(batch) == 1


def test_a_text_of_a_dense_script_has_more_tokens() -> None:
    assert tokens("窓" * 100, "en") > 2 * tokens("w" * 100, "en")
    assert tokens("w" * 100, "hi") > tokens("w" * 100, "es")

import pytest

from services.translator.domain.style import Style

STYLE = Style(glossary={"work queue": "cola de trabajo", "Docreel": "Docreel", "run": "ejecutar"})


def test_only_terms_that_occur_as_words_are_shown() -> None:
    assert STYLE.occurring(["The Work Queue is empty."]) == {"work queue": "cola de trabajo"}
    assert STYLE.occurring(["Nothing runs here; the trunk."]) == {}


@pytest.mark.parametrize(
    ("source", "text", "broken"),
    [
        ("The work queue is empty.", "La cola de trabajo está vacía.", []),
        ("The work queue is empty.", "Las colas de trabajos están vacías.", []),
        ("The work queue is empty.", "La fila está vacía.", ["work queue"]),
        ("Open Docreel.", "Abre el carrete de documentos.", ["Docreel"]),
        ("Please run it.", "Ejecútelo.", ["run"]),
        ("Please run it.", "Ejecutalo.", []),
    ],
)
def test_a_term_is_kept_but_for_its_ending(source: str, text: str, broken: list[str]) -> None:
    assert STYLE.broken(source, text) == broken

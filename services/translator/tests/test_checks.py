import pytest

from services.translator.domain.checks import belongs, doubts, violations


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Wait 3 seconds", "Espera 3 segundos"),
        ("1,000 rows", "1.000 filas"),
        ("Wait 30 seconds", "انتظر ٣٠ ثانية"),
        ("⟦1⟧Save⟦/1⟧ it in ⟦2⟧", "Guárdalo en ⟦2⟧ con ⟦1⟧Guardar⟦/1⟧"),
        ("See https://a.example/b?c=1.", "Vea https://a.example/b?c=1."),
    ],
)
def test_what_is_kept_is_kept(source: str, text: str) -> None:
    assert violations(source, text) == []


@pytest.mark.parametrize(
    ("source", "text", "wrong"),
    [
        ("Save", " ", "empty"),
        ("Save", "⟦1⟧", "empty"),
        ("⟦1⟧Save⟦/1⟧ it", "Guárdalo", "placeholders changed"),
        ("⟦1⟧a⟦/1⟧ ⟦2⟧b⟦/2⟧", "⟦1⟧a ⟦2⟧b⟦/1⟧⟦/2⟧", "placeholders not properly nested"),
        ("⟦1⟧Save⟦/1⟧ it", "⟦1⟧⟦/1⟧ Guárdalo", "a mark without words"),
        ("Wait 3 seconds", "Espera 30 segundos", "numbers changed"),
        ("Wait 30 seconds", "انتظر ٣١ ثانية", "numbers changed"),
        ("See https://a.example", "Vea https://a.ejemplo", "addresses changed"),
        ("Next", "00:01 --> 00:02 Siguiente", "contains -->"),
        ("One line", "Una\n\nlínea", "contains a blank line"),
    ],
)
def test_what_is_lost_has_a_name(source: str, text: str, wrong: str) -> None:
    assert wrong in violations(source, text)


@pytest.mark.parametrize(
    ("source", "text", "target", "doubt"),
    [
        ("Open the settings", "Open the settings", "es", ["not translated"]),
        ("Open the settings", "open the settings.", "es", []),
        ("Open the settings", "Open the settings", "en-GB", []),
        ("API", "API", "es", []),
        ("GPU 3", "GPU 3", "es", []),
        (
            "Open",
            "Abre la ventana de la configuración avanzada ya",
            "es",
            ["far longer than the source"],
        ),
        (
            "Open the settings and wait for the light to go on.",
            "Abre.",
            "es",
            ["far shorter than the source"],
        ),
        (
            "Open the settings and wait for the light to go on.",
            "設定を開き、点灯を待ちます。",
            "ja",
            [],
        ),
        ("OK", "De acuerdo", "es", []),
    ],
)
def test_what_is_odd_is_doubted(source: str, text: str, target: str, doubt: list[str]) -> None:
    assert doubts(source, text, target, "en") == doubt


@pytest.mark.parametrize(
    ("source", "beginning", "same"),
    [
        ("Open the settings and wait", "Open the settings", True),
        ("⟦1⟧Open⟦/1⟧ the settings", "open the", True),
        ("Open the settings", "“Open the...”", True),
        ("OK", "OK", True),
        ("…", "", True),
        ("Open the settings", "", False),
        ("Open the settings", "Close the window", False),
        ("Open", "Open the settings", False),
        ("窓を開けます", "窓を", True),
    ],
)
def test_an_answer_tells_which_text_it_belongs_to(
    source: str, beginning: str, *, same: bool
) -> None:
    assert belongs(source, beginning) is same

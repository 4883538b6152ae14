import codecs

import pytest

from shared.formats.subtitle_files.encodings import decode

SAID = {
    "ca": "Això és la pàgina d'avui. L'ús del botó és fàcil.",
    "cs": "Otevřete nyní stránku nastavení. Kde je žluté tlačítko?",
    "de": "Öffnen Sie jetzt die Einstellungen für das Gerät.",
    "el": "Ανοίξτε τώρα τη σελίδα ρυθμίσεων. Πού είναι το κουμπί;",
    "es": "¿Dónde está el menú? Abra la página de ajustes, señor.",
    "fr": "Bienvenue à la présentation du café. Où est le menu déjà ouvert ?",
    "he": "פתח עכשיו את דף ההגדרות. איפה הכפתור? תודה רבה, שמרו את הקובץ ולחצו על הכפתור הירוק.",
    "ja": "今すぐ設定ページを開いてください。ボタンはどこですか。",
    "ko": "지금 설정 페이지를 여세요. 버튼은 어디에 있습니까?",
    "pl": "Otwórz teraz stronę ustawień. Gdzie jest żółty przycisk?",
    "ru": "Откройте сейчас страницу настроек. Где находится кнопка? Спасибо, сохраните файл.",
    "sv": "Öppna sidan nu. Var är knappen på skärmen?",
    "th": "เปิดหน้าการตั้งค่าตอนนี้ ปุ่มอยู่ที่ไหน",
    "tr": "Şimdi ayarlar sayfasını açın. Düğme nerede? Görüşürüz.",
    "uk": "Відкрийте зараз сторінку налаштувань. Де кнопка?",
    "zh": "现在打开设置页面。按钮在哪里？谢谢大家。",
}
OLD = [
    ("ca", "cp1252"), ("cs", "cp1250"), ("cs", "iso8859_2"), ("de", "cp1252"), ("el", "cp1253"),
    ("es", "cp1252"), ("fr", "cp1252"), ("fr", "mac_roman"), ("he", "cp1255"), ("ja", "cp932"),
    ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("ko", "euc_kr"), ("pl", "cp1250"),
    ("pl", "iso8859_2"), ("ru", "cp1251"), ("ru", "koi8_r"), ("sv", "cp1252"), ("th", "cp874"),
    ("tr", "cp1254"), ("uk", "cp1251"), ("zh", "gb18030"),
]  # fmt: skip


def file_of(language: str) -> str:
    return f"1\r\n00:00:01,000 --> 00:00:04,000\r\n{SAID[language]}\r\n\r\n"


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told(language: str, encoding: str) -> None:
    assert decode(file_of(language).encode(encoding)) == file_of(language)


def test_a_mark_tells() -> None:
    data = codecs.BOM_UTF16_BE + file_of("ja").encode("utf-16-be")
    assert decode(data) == file_of("ja")


@pytest.mark.parametrize(("language", "encoding"), OLD)
@pytest.mark.parametrize("told", [True, False])
def test_old_encodings_are_told(language: str, encoding: str, told: bool) -> None:  # noqa: FBT001
    data = file_of(language).encode(encoding)
    assert decode(data, language if told else "") == file_of(language)


def test_one_wrong_byte_costs_itself() -> None:
    data = "Où est le café déjà ?".encode()
    assert decode(data + b"\xff\n" + data) == "Où est le café déjà ?\ufffd\nOù est le café déjà ?"


def test_anything_has_a_text() -> None:
    for data in (b"", b"\xff", b"\xff\xfe\x00", bytes(range(256)) * 9):
        assert isinstance(decode(data), str)
        assert isinstance(decode(data, "ja"), str)

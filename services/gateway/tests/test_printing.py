"""Documents in many scripts: every letter of a PDF has a glyph, a DOCX names fonts for them."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import ByteStringObject, ContentStream, DictionaryObject, TextStringObject

from services.gateway.models.content import Article
from services.gateway.printing import Book, FontError, Printer
from shared.formats.markdown import from_markdown

# A language, what is written in it, and a font that has to be in its PDF.
TEXTS = {
    "ja": ("画面を開いて、保存を押します。骨と直。", "NotoSansCJKjp"),
    "zh": ("打开窗口,然后按“保存”。骨、直。", "NotoSansCJKsc"),
    "zh-TW": ("打開視窗,然後按「儲存」。骨、直。", "NotoSansCJKtc"),
    "zh-Hant-HK": ("打開視窗,跟住撳「儲存」喺度。", "NotoSansCJKhk"),
    "ko": ("창을 열고 저장을 누르십시오.", "NotoSansCJKkr"),
    "ar": ("افتح النافذة ثم اضغط حفظ.", "NotoSansArabic"),
    "fa": ("پنجره را باز کنید و «ذخیره» را بزنید.", "NotoSansArabic"),
    "he": ("פתחו את החלון ולחצו על שמירה.", "NotoSansHebrew"),
    "th": ("เปิดหน้าต่างแล้วกดบันทึก", "NotoSansThai"),
    "hi": ("विंडो खोलें और सहेजें दबाएँ।", "NotoSansDevanagari"),
    "bn": ("উইন্ডোটি খুলুন এবং সংরক্ষণ টিপুন।", "NotoSansBengali"),
    "ta": ("சாளரத்தைத் திறந்து சேமி என்பதை அழுத்தவும்.", "NotoSansTamil"),
    "te": ("విండోను తెరిచి సేవ్ నొక్కండి.", "NotoSansTelugu"),
    "kn": ("ವಿಂಡೋ ತೆರೆಯಿರಿ ಮತ್ತು ಉಳಿಸು ಒತ್ತಿರಿ.", "NotoSansKannada"),
    "ml": ("ജാലകം തുറന്ന് സംരക്ഷിക്കുക അമർത്തുക.", "NotoSansMalayalam"),
    "gu": ("વિન્ડો ખોલો અને સાચવો દબાવો.", "NotoSansGujarati"),
    "pa": ("ਵਿੰਡੋ ਖੋਲ੍ਹੋ ਅਤੇ ਸੰਭਾਲੋ ਦਬਾਓ।", "NotoSansGurmukhi"),
    "or": ("ୱିଣ୍ଡୋ ଖୋଲନ୍ତୁ।", "NotoSansOriya"),
    "si": ("කවුළුව විවෘත කරන්න.", "NotoSansSinhala"),
    "km": ("បើកបង្អួច ហើយចុចរក្សាទុក។", "NotoSansKhmer"),
    "lo": ("ເປີດໜ້າຕ່າງແລ້ວກົດບັນທຶກ", "NotoSansLao"),
    "my": ("ဝင်းဒိုးကိုဖွင့်ပြီး သိမ်းရန်ကိုနှိပ်ပါ။", "NotoSansMyanmar"),
    "ka": ("გახსენით ფანჯარა და დააჭირეთ შენახვას.", "NotoSansGeorgian"),
    "hy": ("Բացեք պատուհանը և սեղմեք Պահել։", "NotoSansArmenian"),  # noqa: RUF001
    "am": ("መስኮቱን ይክፈቱ እና አስቀምጥን ይጫኑ።", "NotoSansEthiopic"),
    "ru": ("Откройте окно и нажмите «Сохранить».", "NotoSans"),
    "el": ("Ανοίξτε το παράθυρο και πατήστε Αποθήκευση.", "NotoSans"),
    "vi": ("Mở cửa sổ rồi nhấn Lưu. Đường dẫn ở dưới.", "NotoSans"),
    "en": ("Press 👍🏽 or 🎉, 1️⃣ then ✓ ★ → ☐ ⌘ ∑ €, by 👨‍👩‍👧 and 日本, العربية.", "NotoEmoji"),
}
CODE = "├── src  # 説明\n└── naïve ☒"
TIBETAN, HIEROGLYPH = "བོད་ཡིག", "\U00013000"


def book(language: str, text: str, title: str = "A talk") -> Book:
    document = from_markdown(f"**{text}** {text}\n\n*{text}*\n\n- [x] {text}\n\n```\n{CODE}\n```\n")
    article = Article(
        id=uuid4(),
        chapter_id=uuid4(),
        chapter_slug="a",
        chapter_order=0,
        language=language,
        title=text,
        slug="a",
        status="draft",
        content_json=document,
        content_text="",
        engine=None,
        proposal=None,
        updated_at=datetime.now(UTC),
    )
    return Book(title, uuid4(), language, [article], {})


def fonts(page: PageObject) -> dict[str, DictionaryObject]:
    resources: Any = page["/Resources"]
    return {name: one.get_object() for name, one in resources.get("/Font", {}).items()}


def drawn(page: PageObject) -> Iterator[int]:
    """Yield the glyphs that a page draws, by number: 0 is the box of a letter without one."""
    kinds = {name: font["/Subtype"] for name, font in fonts(page).items()}
    assert set(kinds.values()) <= {"/Type0"}  # all of two bytes a glyph
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator not in {b"Tj", b"TJ"}:
            continue
        parts = operands[0] if operator == b"TJ" else operands
        for part in parts:
            if isinstance(part, TextStringObject | ByteStringObject):
                data = part.original_bytes
                yield from (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))


@pytest.mark.parametrize("language", TEXTS)
async def test_every_letter_of_a_pdf_has_a_glyph_of_the_right_font(language: str) -> None:
    text, font = TEXTS[language]
    reader = PdfReader(
        io.BytesIO(await Printer(machine_fonts=False).printed(book(language, text), "pdf"))
    )
    glyphs = [glyph for page in reader.pages for glyph in drawn(page)]
    assert len(glyphs) > len(text)
    assert 0 not in glyphs
    names = {str(one["/BaseFont"]) for page in reader.pages for one in fonts(page).values()}
    assert any(re.match(rf"/[A-Z]{{6}}\+{font}(-|$)", name) for name in names), names
    for page in reader.pages:
        for one in fonts(page).values():
            descendants: Any = one["/DescendantFonts"]
            described = descendants[0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(described)
    # What is drawn can be searched and copied; where letters join, by what pypdf passes over
    # (ActualText).
    taken = "".join(page.extract_text() for page in reader.pages)
    letters = {one for one in text if one.isalpha()}
    assert len(letters & set(taken)) >= 2 / 3 * len(letters)


async def test_a_letter_that_no_font_has_is_no_box_but_a_refusal_that_names_it() -> None:
    with pytest.raises(FontError) as refused:
        await Printer(machine_fonts=False).printed(book("bo", f"{TIBETAN} {HIEROGLYPH}"), "pdf")
    assert re.fullmatch(
        rf"Tibetan \(\S \S \S \S \S\); Egyptian Hieroglyphs \({HIEROGLYPH}\)",
        refused.value.scripts,
    )
    assert refused.value.packages == "fonts-noto-core"
    assert TIBETAN in (await Printer().printed(book("bo", TIBETAN), "html")).decode()


async def test_a_character_that_is_none_does_not_spoil_a_document() -> None:
    made = await Printer().printed(book("en", "a\x01b\x7f", title="T\x02"), "pdf")
    assert "a�b�" in PdfReader(io.BytesIO(made)).pages[0].extract_text()


@pytest.mark.parametrize(
    ("language", "text", "latin", "east_asian", "tag", "other"),
    [
        ("ja", "骨 日本語", "Aptos", "Yu Gothic", "ja-JP", ""),
        ("zh-TW", "骨", "Aptos", "Microsoft JhengHei", "zh-TW", ""),
        ("zh", "骨", "Aptos", "Microsoft YaHei", "zh-CN", ""),
        ("ko", "한국어", "Aptos", "Malgun Gothic", "ko-KR", ""),
        ("en", "as in ひらがな", "Aptos", "Yu Gothic", "ja-JP", ""),
        ("es", "como en العربية", "Aptos", "Microsoft YaHei", "zh-CN", "Arial"),
        ("ar", "العربية", "Arial", "Microsoft YaHei", "zh-CN", "Arial"),
        ("th", "ไทย", "Leelawadee UI", "Microsoft YaHei", "zh-CN", "Leelawadee UI"),
        ("hi", "हिन्दी", "Nirmala UI", "Microsoft YaHei", "zh-CN", "Nirmala UI"),
        ("ka", "ქართული", "Sylfaen", "Microsoft YaHei", "zh-CN", "Sylfaen"),
        ("bo", TIBETAN, "Microsoft Himalaya", "Microsoft YaHei", "zh-CN", "Microsoft Himalaya"),
    ],
)
async def test_a_docx_names_a_font_for_each_kind_of_letter(  # noqa: PLR0913, PLR0917 - its columns
    language: str, text: str, latin: str, east_asian: str, tag: str, other: str
) -> None:
    data = await Printer().printed(book(language, text), "docx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        parts = {
            name: ET.fromstring(archive.read(name))  # noqa: S314 - our own file
            for name in archive.namelist()
            if name.endswith(".xml")
        }
    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    minor = parts["word/theme/theme1.xml"].find(f".//{space}minorFont")
    assert minor is not None
    faces = {one.tag.removeprefix(space): one.get("typeface") for one in minor}
    assert (faces["latin"], faces["ea"], faces["cs"]) == (latin, east_asian, other)
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    said = parts["word/settings.xml"].find(f".//{word}themeFontLang")
    styled = parts["word/styles.xml"].find(f".//{word}rPrDefault//{word}lang")
    for one in (said, styled):
        assert one is not None
        assert one.get(f"{word}eastAsia") == tag
    listed = {
        one.get(f"{word}name"): [free.get(f"{word}val") for free in one.iter(f"{word}altName")]
        for one in parts["word/fontTable.xml"]
    }
    for name in {latin, east_asian, other} - {"", "Aptos"}:
        assert listed[name][0].startswith("Noto ")  # type: ignore[union-attr]

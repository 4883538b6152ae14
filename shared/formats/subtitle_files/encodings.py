"""Bytes of a subtitle file as text, whatever encoding they are in.

Of old files nothing tells the encoding. `charset-normalizer` finds it by the characters that come
out, and where those are Latin, the alphabets of the languages decide: a code page of Western Europe
and one of Central Europe give letters for the same bytes.
"""

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEEN = 65_536  # bytes by which an encoding is told
_SOME = 20  # of so many bytes one is zero, where a text with times is UTF-16
_ENOUGH = 0.9  # of the letters that are not ASCII, in one language's alphabet
_JAPANESE_ESCAPE = re.compile(rb"\x1b[$(][@BJ]")

_QUOTATION = "«»„“”‚‘’‹›–—…¿¡•♪ \u00a0°€"

# What files in a language are in, besides UTF-8.
_OF_LANGUAGE = {
    "ar": ["cp1256"],
    "be": ["cp1251", "koi8_r"],
    "bg": ["cp1251", "koi8_r"],
    "el": ["cp1253"],
    "fa": ["cp1256"],
    "he": ["cp1255"],
    "ja": ["cp932", "euc_jp"],
    "ko": ["cp949"],
    "ru": ["cp1251", "koi8_r", "cp866", "iso8859_5"],
    "sr": ["cp1251", "cp1250"],
    "th": ["cp874"],
    "uk": ["cp1251", "koi8_u"],
    "vi": ["cp1258"],
    "zh": ["gb18030", "big5"],
}
_WESTERN = ["cp1252", "mac_roman", "cp850"]
_CENTRAL = ["cp1250", "iso8859_2", "cp852"]
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2", "mac_roman", "cp850", "cp852")
# The letters of a language that are not ASCII, and what its files are in.
_ALPHABETS = {
    "fr": ("àâæçéèêëîïôœùûüÿ", _WESTERN),
    "es": ("áéíñóúüªº", _WESTERN),
    "de": ("äöüßé", _WESTERN),
    "pt": ("àáâãçéêíóôõúüªº", _WESTERN),
    "it": ("àèéìíîòóùú", _WESTERN),
    "ca": ("àçèéíïòóúü", _WESTERN),
    "nl": ("áèéêëíïóöü", _WESTERN),
    "sv": ("åäöé", _WESTERN),
    "da": ("æøåé", _WESTERN),
    "is": ("áðéíóúýþæö", _WESTERN),
    "pl": ("ąćęłńóśźż", _CENTRAL),
    "cs": ("áčďéěíňóřšťúůýž", _CENTRAL),
    "sk": ("áäčďéíĺľňóôŕšťúýž", _CENTRAL),
    "hu": ("áéíóöőúüű", _CENTRAL),
    "ro": ("ăâîşţșț", _CENTRAL),
    "hr": ("čćđšž", _CENTRAL),
    "tr": ("âçğıîöşüûi̇", ["cp1254"]),
    "lt": ("ąčęėįšųūž", ["cp1257"]),
    "lv": ("āčēģīķļņšūž", ["cp1257"]),
    "et": ("äõöüšž", ["cp1257"]),
}


def decode(data: bytes, language: str = "") -> str:
    """Return a file's text; `language` (BCP 47) is what it is said to be in, empty where unknown.

    Never fails: bytes that are nothing in the file's encoding become U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    encoding = _unmarked(data, language.lower().partition("-")[0])
    return data.decode(encoding, "replace")


def _unmarked(data: bytes, language: str) -> str:
    if (wide := _wide(data)) is not None:
        return wide
    if _is_utf8(data):
        return "iso2022_jp" if _JAPANESE_ESCAPE.search(data) else "utf-8"
    # Of what is ASCII in every encoding, times and numbers above all, there is only more.
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SEEN]
    if language in _OF_LANGUAGE:
        return _likely(telling, _OF_LANGUAGE[language])
    if language in _ALPHABETS:
        return _latin(telling, {language: _ALPHABETS[language]})
    found = _likely(telling, [])
    return (
        _latin(telling, _ALPHABETS, found) if _is_latin(telling.decode(found, "replace")) else found
    )


def _wide(data: bytes) -> str | None:
    """Tell UTF-16 without its mark: half of a digit and of a line's end is zero, as in no text."""
    even, odd = data[:_SEEN:2].count(0), data[1:_SEEN:2].count(0)
    if _SOME * max(even, odd) < min(len(data), _SEEN) or 4 * min(even, odd) > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_utf8(data: bytes) -> bool:
    """Tell whether most of what is not ASCII is UTF-8: a damaged file is one, too."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd") - data.count("\ufffd".encode())
    return wrong == 0 or sum(not one.isascii() for one in text) - text.count("\ufffd") > wrong


def _likely(data: bytes, among: list[str]) -> str:
    best = from_bytes(data, cp_isolation=among or None).best()
    return best.encoding if best is not None else (among or _WESTERN)[0]


def _is_latin(text: str) -> bool:
    letters = [one for one in text if one.isalpha() and not one.isascii()]
    latin = sum(unicodedata.name(one, "").startswith("LATIN") for one in letters)
    return 2 * latin > len(letters) or not letters


def _latin(
    data: bytes, alphabets: dict[str, tuple[str, list[str]]], otherwise: str = _WESTERN[0]
) -> str:
    """Return the encoding by which the text's letters are most of them one language's."""
    best, found = 0.0, otherwise
    for encoding in _LATIN:  # of two that fit as well, the commoner one
        text = data.decode(encoding, "replace").lower()
        # Signs too: what is a letter in one code page is half of one, or a 3, in another.
        special = [one for one in text if not one.isascii() and one not in _QUOTATION]
        for letters, encodings in alphabets.values():
            if encoding not in encodings:
                continue
            share = sum(one in letters for one in special) / len(special) if special else 1.0
            if share > best:
                best, found = share, encoding
    return found if best >= _ENOUGH else otherwise

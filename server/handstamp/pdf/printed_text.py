"""Text of people as it may be printed: its direction, language and width. Pure."""

import unicodedata

_OVERRIDES = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_RANGES = (
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x08FF, "ar"),
    (0x0900, 0x097F, "hi"),
    (0x0E00, 0x0E7F, "th"),
    (0x1100, 0x11FF, "ko"),
    (0x3040, 0x30FF, "ja"),
    (0x3100, 0x312F, "zh-Hant"),
    (0x3130, 0x318F, "ko"),
    (0xAC00, 0xD7AF, "ko"),
    (0xFB1D, 0xFB4F, "he"),
    (0xFB50, 0xFDFF, "ar"),
    (0xFE70, 0xFEFE, "ar"),
)
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))


def clean(text: str) -> str:
    """Return the text in one line, without letters that steer what stands beside them."""
    kept = (
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if letter not in _OVERRIDES and unicodedata.category(letter) not in ("Cs", "Cn", "Co")
    )
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def direction(text: str) -> str:
    """Return `rtl` when the first letter with a direction runs from right to left, else `ltr`."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def script_language(text: str, among: str = "") -> str:
    """Return a language whose fonts draw this text, "" when any will do.

    Letters that Chinese and Japanese share are drawn as in the language `among` that the
    whole document speaks, else as in Chinese.
    """
    han = ""
    for letter in text:
        code = ord(letter)
        for first, last, language in _RANGES:
            if first <= code <= last:
                return language
        if any(first <= code <= last for first, last in _HAN):
            han = among if among[:2] in ("ja", "ko", "zh") else "zh-Hans"
    return han


def width(text: str) -> int:
    """Return how wide a text is in letters: those of East Asia and emoji count twice."""
    return sum(
        0
        if unicodedata.combining(letter)
        else 2
        if unicodedata.east_asian_width(letter) in ("W", "F")
        else 1
        for letter in text
    )


def size(text: str, *steps: int) -> int:
    """Return how many of the rising `steps` the width exceeds: 0 is the largest type."""
    wide = width(text)
    return sum(wide > step for step in steps)


def shorten(text: str, widest: int) -> str:
    """Return the text, cut and with an ellipsis when it is wider than `widest` letters."""
    if width(text) <= widest:
        return text
    kept = 0
    for at, letter in enumerate(text):
        kept += width(letter)
        if kept >= widest:
            return text[:at].rstrip() + "…"
    return text

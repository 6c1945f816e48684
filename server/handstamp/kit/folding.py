"""Text as a person searches for it: small letters without accents, the same in every database."""

import re
import unicodedata

MARKS = "\u0300-\u036f"
# Letters that no accent makes, one by one and those that are written as two.
LETTERS = dict(zip("łŁøØđĐħĦŧŦıðÐςſ", "llooddhhttiddσs", strict=True))
PAIRS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
_MARKS = re.compile(f"[{MARKS}]")
_LETTERS = str.maketrans({**LETTERS, **PAIRS})


def folded(text: str) -> str:
    """Return a text for comparing: `ÉMILIE` and `Emilie`, `Łukasz` and `lukasz` are one.

    `plumbing.search` says the same in SQL, so every step has its twin there.
    """
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return plain.lower().translate(_LETTERS)


def folded_or_none(text: str | None) -> str | None:
    """Do the same as a function of SQLite, where nothing stays nothing."""
    return None if text is None else folded(text)

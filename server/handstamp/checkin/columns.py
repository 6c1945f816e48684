"""Columns of numbers and texts that compress well. Twin: pwa/src/core/columns.js.

Vectors: shared/vectors/wire. Layout: R38 in shared/PROTOCOL.md.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Sequence

from handstamp.checkin.layout import Reader, varint

_JOINED, _TRANSPOSED = 0, 1
_WORD = 8
_FLIP = 0 if sys.byteorder == "little" else _WORD - 1


def framed(column: bytes) -> bytes:
    """Put a column's length in front of it."""
    return varint(len(column)) + column


def encode_numbers(values: Sequence[int]) -> bytes:
    """Lay numbers out in planes: all first bytes, all second bytes, and so on.

    Raises:
        ValueError: a number is negative or not below 2^53.
    """
    greatest = max(values, default=0)
    if greatest >= 1 << 53 or min(values, default=0) < 0:
        raise ValueError("number out of range")
    width = (greatest.bit_length() + 7) // 8
    raw = array("Q", values).tobytes()
    planes = [raw[place ^ _FLIP :: _WORD] for place in reversed(range(width))]
    return framed(varint(len(values)) + bytes((width,)) + b"".join(planes))


def decode_numbers(read: Reader) -> list[int]:
    """Read a column of numbers.

    Raises:
        ValueError: the column is cut short.
    """
    column = Reader(read.take(read.varint()))
    count, width = column.varint(), column.uint(1)
    values = [0] * count
    for _ in range(width):
        values = [value << 8 | byte for value, byte in zip(values, column.take(count), strict=True)]
    return values


def signed(value: int) -> int:
    """Fold the sign into the lowest bit: 0, -1, 1, -2 … become 0, 1, 2, 3 …"""
    return value * 2 if value >= 0 else -value * 2 - 1


def unsigned(value: int) -> int:
    """Undo `signed`."""
    return -(value + 1) // 2 if value & 1 else value // 2


def encode_texts(texts: Sequence[str]) -> bytes:
    """Lay texts out, joined by line feeds, or letter by letter when they are equally long.

    No text may hold a line feed.
    """
    length = len(texts[0]) if texts else 0
    even = length > 1 and len(texts) > 1 and all(len(text) == length for text in texts)
    joined = "\n".join(texts)
    if even and joined.isascii():
        raw = "".join(texts).encode()
        data = b"".join(raw[place::length] for place in range(length))
        return framed(varint(len(texts)) + bytes((_TRANSPOSED,)) + data)
    return framed(varint(len(texts)) + bytes((_JOINED,)) + joined.encode())


def decode_texts(read: Reader) -> list[str]:
    """Read a column of texts.

    Raises:
        ValueError: the column is cut short or holds another number of texts than it says.
    """
    column = Reader(read.take(read.varint()))
    count, mode = column.varint(), column.uint(1)
    data = column.rest()
    if not count:
        return []
    if mode == _TRANSPOSED:
        return [data[place::count].decode("ascii") for place in range(count)]
    texts = data.decode().split("\n")
    if len(texts) != count:
        raise ValueError("a column of texts has another length than it says")
    return texts


def encode_terms(texts: Sequence[str]) -> bytes:
    """Lay out texts of which many repeat: a dictionary, then a number for each.

    The dictionary begins with the repeated texts, most frequent first, then come the single
    ones in their order; number 0 is the next single one, n the n-th of the dictionary.
    """
    counts = Counter(texts)
    repeated = sorted(
        (text for text, count in counts.items() if count > 1),
        key=lambda text: (-counts[text], text),
    )
    number_of = {text: number for number, text in enumerate(repeated, 1)}
    single = [text for text in texts if counts[text] == 1]
    numbers = [number_of.get(text, 0) for text in texts]
    return encode_texts([*repeated, *single]) + encode_numbers(numbers)


def decode_terms(read: Reader) -> list[str]:
    """Read a column of repeating texts."""
    dictionary = decode_texts(read)
    numbers = decode_numbers(read)
    single = iter(dictionary[len(dictionary) - numbers.count(0) :])
    return [dictionary[number - 1] if number else next(single) for number in numbers]


def encode_sorted(texts: Sequence[str]) -> bytes:
    """Lay out sorted texts: how many UTF-16 units each shares with the one before, and the rest.

    A shared beginning is at most 255 units and holds no astral letter.
    """
    shared: list[int] = []
    rest: list[str] = []
    before = ""
    for text in texts:
        length = 0
        for ours, theirs in zip(text[:255], before, strict=False):
            if ours != theirs or ours > "\uffff":
                break
            length += 1
        shared.append(length)
        rest.append(text[length:])
        before = text
    return encode_numbers(shared) + encode_texts(rest)


def decode_sorted(read: Reader) -> list[str]:
    """Read a column of sorted texts."""
    shared = decode_numbers(read)
    texts: list[str] = []
    before = ""
    for length, rest in zip(shared, decode_texts(read), strict=True):
        before = before[:length] + rest
        texts.append(before)
    return texts

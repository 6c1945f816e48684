"""Random identifiers and the Crockford base32 alphabet they are written in."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_LETTERS = 6
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_VALUES.update({"O": 0, "I": 1, "L": 1})


def base32_encode(number: int, length: int) -> str:
    """Write `number` in `length` Crockford base32 letters, most significant first."""
    letters = []
    for _ in range(length):
        letters.append(ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(letters))


def base32_decode(text: str) -> int | None:
    """Read Crockford base32 (any case, O as 0, I and L as 1); None if a letter is foreign."""
    number = 0
    for letter in text.upper():
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return number


def luhn32(text: str) -> str:
    """Return the Luhn mod 32 check letter of a Crockford base32 string.

    Source: the Luhn mod N algorithm with N = 32; catches every single wrong letter
    and nearly every swap of neighbours.
    """
    total = 0
    factor = 2
    for letter in reversed(text):
        product = factor * _VALUES[letter]
        total += product // 32 + product % 32
        factor = 3 - factor
    return ALPHABET[-total % 32]


def new_id(prefix: str) -> str:
    """Return `prefix_` and 100 random bits in lower-case base32, safe in addresses."""
    return f"{prefix}_{base32_encode(secrets.randbits(100), 20).lower()}"


def random_int(bits: int) -> int:
    """Return a random integer of at most `bits` bits that is never 0."""
    while True:
        number = secrets.randbits(bits)
        if number:
            return number


def new_number(prefix: str) -> str:
    """Return `PREFIX-` and 6 random letters, which people read to each other; not unique by itself.

    As `HS-7K3QX0`: an order's; `HP-…`: a pre-order's.
    """
    return f"{prefix}-{base32_encode(random_int(5 * NUMBER_LETTERS), NUMBER_LETTERS)}"


def device_hex(device: int) -> str:
    """Write a 48-bit device id as 12 hexadecimal digits."""
    return f"{device:012x}"


def device_of_hex(text: str) -> int:
    """Read a device's number as `device_hex` writes it; 0, which no device has, when it is none."""
    return int(text, 16) if re.fullmatch("[0-9a-f]{12}", text) else 0

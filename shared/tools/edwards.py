"""Ed25519's curve in plain integers, to make signatures that no honest signer makes."""

import hashlib

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, FIELD) % FIELD

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """Add two points (RFC 8032 section 5.1.4, affine)."""
    product = _D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, FIELD)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, FIELD)
    return x % FIELD, y % FIELD


def times(scalar: int, point: Point) -> Point:
    """Multiply a point."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def from_y(y: int, sign: int) -> Point:
    """Return the point with this y and this lowest bit of x."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    return (x if x & 1 == sign else -x % FIELD), y


BASE = from_y(4 * pow(5, -1, FIELD) % FIELD, 0)


def encode(point: Point) -> bytes:
    """Write a point as 32 bytes."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """Return the scalar k of RFC 8032 section 5.1.7."""
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER


def secret_scalar(private: bytes) -> int:
    """Return the scalar behind 32 private bytes (RFC 8032 section 5.1.5)."""
    half = bytearray(hashlib.sha512(private).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    return int.from_bytes(half, "little")

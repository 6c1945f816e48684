"""The signed text in a ticket's QR. Twin: pwa/src/core/token.js. Vectors: shared/vectors/token."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from handstamp.kit.ids import base32_decode, base32_encode
from handstamp.kit.signing import verify

VERSION = 1
PREFIX = "HS"
LETTERS = 120
BODY_BYTES = 11
TOKEN_BYTES = 75
CONTEXT = b"handstamp/token/1\0"
_SPACE = "\t\n\v\f\r \u00a0\ufeff"

Check = Literal["ok", "forged", "unknown_key", "newer", "not_a_ticket"]


class TokenBody(NamedTuple):
    """What a token says: key id (0-31), event number, serial, tier and epoch (1-255)."""

    key_id: int
    event: int
    serial: int
    tier: int
    epoch: int


class TicketKey(NamedTuple):
    """A public ticket key (32 bytes); a compromised one signs only for listed tickets (R7)."""

    public: bytes
    compromised: bool = False


class Token(NamedTuple):
    """A token as read, before its signature is checked; `body` is None when it is newer."""

    version: int
    key_id: int
    body: TokenBody | None
    signed: bytes
    signature: bytes


class Checked(NamedTuple):
    """What a scanned text is; `token` is None when it is not a ticket."""

    check: Check
    token: Token | None
    compromised: bool = False


def encode_body(body: TokenBody) -> bytes:
    """Lay out the 11 bytes of R3.

    Raises:
        ValueError: a member is out of range.
    """
    if not (0 <= body.key_id < 32 and 0 < body.tier < 256 and 0 < body.epoch < 256):
        raise ValueError("key id, tier or epoch out of range")
    if not (0 <= body.event < 1 << 24 and 0 <= body.serial < 1 << 40):
        raise ValueError("event number or serial out of range")
    return (
        bytes((VERSION << 5 | body.key_id,))
        + body.event.to_bytes(3, "big")
        + body.serial.to_bytes(5, "big")
        + bytes((body.tier, body.epoch))
    )


def token_message(body: bytes) -> bytes:
    """Return the bytes that the ticket key signs (R4)."""
    return CONTEXT + body


def encode_token(body: TokenBody, sign: Callable[[bytes], bytes]) -> str:
    """Return the 122 letters of a QR; `sign` makes the 64-byte signature of a message (R5)."""
    laid_out = encode_body(body)
    whole = laid_out + sign(token_message(laid_out))
    if len(whole) != TOKEN_BYTES:
        raise ValueError("a signature has 64 bytes")
    return PREFIX + base32_encode(int.from_bytes(whole, "big"), LETTERS)


def parse_token(text: str) -> Token | None:
    """Read a scanned text by R6; None when it is not a ticket. Checks no signature."""
    letters = text.strip(_SPACE)
    letters = letters[max(letters.rfind(mark) for mark in "/=#") + 1 :]
    if len(letters) != len(PREFIX) + LETTERS or not letters.isascii():
        return None
    if letters[: len(PREFIX)].upper() != PREFIX:
        return None
    number = base32_decode(letters[len(PREFIX) :])
    if number is None:
        return None
    whole = number.to_bytes(TOKEN_BYTES, "big")
    signed, signature = whole[:BODY_BYTES], whole[BODY_BYTES:]
    version, key_id = signed[0] >> 5, signed[0] & 31
    if version != VERSION:
        return Token(version, key_id, None, signed, signature)
    body = TokenBody(
        key_id,
        int.from_bytes(signed[1:4], "big"),
        int.from_bytes(signed[4:9], "big"),
        signed[9],
        signed[10],
    )
    if not body.tier or not body.epoch:
        return None
    return Token(version, key_id, body, signed, signature)


def check_token(text: str, keys: Mapping[int, TicketKey]) -> Checked:
    """Read a scanned text and check its signature against the known keys (R6, R7).

    A token of a compromised key is `ok` and `compromised` here; whether it counts depends on
    the list, so the verdict says.
    """
    token = parse_token(text)
    if token is None:
        return Checked("not_a_ticket", None)
    if token.body is None:
        return Checked("newer", token)
    key = keys.get(token.key_id)
    if key is None:
        return Checked("unknown_key", token)
    if not verify(key.public, token.signature, token_message(token.signed)):
        return Checked("forged", token)
    return Checked("ok", token, key.compromised)


def token_digest(signature: bytes) -> bytes:
    """Return the 8 bytes by which a fact shows that its token was read (R8)."""
    return hashlib.sha256(signature).digest()[:8]

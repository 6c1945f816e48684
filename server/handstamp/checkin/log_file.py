"""A device's log as a file of JSON lines: what each kind of line is (R67). No input or output.

Twin of the writing half: pwa/src/core/log-file.js. Schema: shared/schemas/log.schema.json.
"""

import base64
import binascii
import hashlib
import json
from typing import Any

FORMAT = "handstamp/log/1"
END_CONTEXT = b"handstamp/log-end/1\0"
MOST_LINE = 1 << 15  # a fact has 8,192 bytes at most, a certificate 300


def header_line(*, event: str, device: int, certificate: str, server_key: bytes) -> bytes:
    """Return the first line: whose log this is."""
    return _line(
        {
            "log": FORMAT,
            "event": event,
            "device": device,
            "certificate": certificate,
            "server_key": b64(server_key),
        }
    )


def fact_line(number: int, tag: int, raw: bytes) -> bytes:
    """Return the line of one fact, as its bytes."""
    return _line({"number": number, "tag": tag, "fact": b64(raw)})


def head_line(number: int, tag: int, signature: bytes) -> bytes:
    """Return the line of a signed head; it stands behind the facts of its number."""
    return _line({"head": number, "tag": tag, "signature": b64(signature)})


def end_line(*, facts: int, heads: int, at: int, by: str, digest: bytes, signature: bytes) -> bytes:
    """Return the last line: how much stands above, and whose key signed all of it."""
    return _line(
        {
            "end": facts,
            "heads": heads,
            "at": at,
            "by": by,
            "digest": b64(digest),
            "signature": b64(signature),
        }
    )


def end_message(device: int, facts: int, heads: int, at: int, digest: bytes) -> bytes:
    """Return what the server's or the device's key signs of a file.

    `digest` is SHA-256 of every line above, line feeds included; `at` in ms UTC.
    """
    counts = facts.to_bytes(8, "big") + heads.to_bytes(8, "big") + at.to_bytes(8, "big")
    return END_CONTEXT + device.to_bytes(6, "big") + counts + digest


def key_words(public: bytes) -> str:
    """Return 20 hexadecimal digits in fives by which people compare a public key."""
    digits = hashlib.sha256(public).hexdigest()[:20]
    return " ".join(digits[at : at + 5] for at in range(0, 20, 5))


def read_line(line: bytes) -> dict[str, Any] | None:
    """Return a line's members; None when it is not JSON exactly as these files have it."""
    if not line.endswith(b"\n") or len(line) > MOST_LINE:
        return None
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) and _line(members) == line else None


def b64(raw: bytes) -> str:
    """Write bytes as padded base64."""
    return base64.b64encode(raw).decode()


def unb64(text: Any) -> bytes | None:
    """Read padded base64; None when it is none, or not as `b64` writes it."""
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if b64(raw) == text else None


def _line(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode() + b"\n"

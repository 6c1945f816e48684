"""The digest of a code from elsewhere (R46). Twin: pwa/src/core/foreign-code.js.

Vectors: shared/vectors/token. Phones and door tickets hold the digest and never the code.
"""

import hashlib

DIGEST_BYTES = 8
CONTEXT = b"handstamp/foreign-code/1\0"
_SPACE = "\t\n\v\f\r \u00a0\ufeff"


def foreign_code_digest(event_number: int, code: str) -> bytes | None:
    """Return the 8 bytes by which an event's list knows a code; None when there is none in it.

    Bound to the event, so that one code has another digest at another event. Outer space does
    not count; everything else does, capital letters too.
    """
    text = code.strip(_SPACE)
    if not text:
        return None
    units = text.encode("utf-16-le", "surrogatepass")
    told = units.decode("utf-16-le", "replace").encode()  # a lone surrogate reads as U+FFFD
    message = CONTEXT + event_number.to_bytes(3, "big") + told
    return hashlib.sha256(message).digest()[:DIGEST_BYTES]

"""The digest of a code from elsewhere (R46). Twin: pwa/src/core/foreign-code.js.

Vectors: shared/vectors/token. Phones and door tickets hold the digest and never the code.
"""

import hashlib
import re

DIGEST_BYTES = 8
_CONTEXT = b"handstamp/foreign-code/1\0"
_SPACE = "\t\n\v\f\r \u00a0\ufeff"
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def foreign_code_digest(event_number: int, code: str) -> bytes | None:
    """Return the 8 bytes by which an event's list knows a code; None when there is none in it.

    Bound to the event, so that one code has another digest at another event. Outer space does
    not count; everything else does, capital letters too.
    """
    text = code.strip(_SPACE)
    if not text:
        return None
    told = _LONE_SURROGATES.sub("\ufffd", text).encode()
    message = _CONTEXT + event_number.to_bytes(3, "big") + told
    return hashlib.sha256(message).digest()[:DIGEST_BYTES]

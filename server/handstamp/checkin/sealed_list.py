"""A list that its phone cannot read yet: the signed snapshot under the key of that phone (R50).

Twin: pwa/src/core/sealed-list.js. Vectors: shared/vectors/wire/sealed_lists.json.
"""

import gzip

from handstamp.kit import signing

_CONTEXT = b"handstamp/sealed-list/1\0"


def seal_for_device(key: bytes, nonce: bytes, zipped: bytes, device: int) -> bytes:
    """Return what the phone stores: the 12 bytes of `nonce`, then the gzip bytes encrypted.

    A nonce must never come again under the same key.
    """
    return signing.seal(key, nonce, zipped, _CONTEXT + device.to_bytes(6))


def open_for_device(key: bytes, sealed: bytes, device: int) -> bytes:
    """Return the signed snapshot (R37).

    Raises:
        ValueError: it is of another device or key, or was changed.
    """
    return gzip.decompress(signing.unseal(key, sealed, _CONTEXT + device.to_bytes(6)))

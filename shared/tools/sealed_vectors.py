"""Vectors of lists under the key of one device (R50)."""

import base64
import gzip

from shared.tools.token_vectors import Vector

from handstamp.checkin.sealed_list import seal_for_device

KEY = bytes(range(32))
NONCE = bytes(range(100, 112))
DEVICE = 0x0A0B0C0D0E0F
TEXT = b'{"v":1,"signature":""}\npayload\nof two lines'


def sealed_lists() -> list[Vector]:
    """Sealed bytes, and what opens under a key for a device."""
    zipped = gzip.compress(TEXT, 6, mtime=0)
    good = seal_for_device(KEY, NONCE, zipped, DEVICE)
    great = seal_for_device(KEY, NONCE, zipped, 2**48 - 1)
    cases = {
        "genuine": (good, KEY, DEVICE, True),
        "the greatest device": (great, KEY, 2**48 - 1, True),
        "another device's": (good, KEY, DEVICE + 1, False),
        "another key": (good, KEY[::-1], DEVICE, False),
        "one bit changed": (good[:-1] + bytes([good[-1] ^ 1]), KEY, DEVICE, False),
        "another nonce": (b"\0" + good[1:], KEY, DEVICE, False),
        "cut": (good[:-1], KEY, DEVICE, False),
        "a nonce alone": (good[:12], KEY, DEVICE, False),
    }
    return [
        {
            "name": name,
            "key": base64.b64encode(key).decode(),
            "device": device,
            "sealed": base64.b64encode(sealed).decode(),
            "plain": base64.b64encode(TEXT).decode() if opens else None,
        }
        for name, (sealed, key, device, opens) in cases.items()
    ]


def files() -> dict[str, Vector]:
    """Every file of this room."""
    return {
        "wire/sealed_lists.json": {
            "title": "Lists under the key of one device",
            "clauses": ["R50"],
            "vectors": sealed_lists(),
        }
    }

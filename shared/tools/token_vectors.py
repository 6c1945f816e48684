"""Vectors of tokens, of strict signatures and of ids."""

import base64
import hashlib
from typing import Any

from shared.tools import edwards

from handstamp.kit.ids import base32_encode, luhn32
from handstamp.kit.signing import public_key, sign
from handstamp.tickets.token import TokenBody, encode_body, encode_token, token_digest

Vector = dict[str, Any]


def private_key(name: str) -> bytes:
    """Return a private key for vectors only: the hash of its name."""
    return hashlib.sha256(f"handstamp vectors, {name}".encode()).digest()


KEYS = {1: "key 1", 2: "compromised key 2", 31: "key 31"}
BODIES = {
    "a ticket": TokenBody(1, 0x123456, 0x0102030405, 1, 1),
    "least numbers": TokenBody(1, 0, 0, 1, 1),
    "greatest numbers": TokenBody(31, 0xFFFFFF, 0xFFFFFFFFFF, 255, 255),
    "re-issued twice": TokenBody(1, 0x123456, 0x0102030405, 1, 3),
}


def key_table() -> list[Vector]:
    """Return the public keys that the reading side holds."""
    return [
        {
            "id": key_id,
            "public": base64.b64encode(public_key(private_key(name))).decode(),
            "compromised": "compromised" in name,
        }
        for key_id, name in KEYS.items()
    ]


def text_of(body: TokenBody, key: str | None = None) -> str:
    """Return the QR text of a body, signed by the key it names or by another."""
    private = private_key(key or KEYS[body.key_id])
    return encode_token(body, lambda message: sign(private, message))


def written(body: TokenBody) -> Vector:
    """Return a body's members as vectors have them."""
    return body._asdict()


def encoding() -> list[Vector]:
    """Body and private key to body bytes and text."""
    vectors = []
    for name, body in BODIES.items():
        private = private_key(KEYS[body.key_id])
        text = text_of(body)
        signature = sign(private, b"handstamp/token/1\0" + encode_body(body))
        vectors.append(
            {
                "name": name,
                "private": base64.b64encode(private).decode(),
                "token": written(body),
                "body": encode_body(body).hex(),
                "text": text,
                "digest": token_digest(signature).hex(),
            }
        )
    return vectors


def _raw(signed: bytes, key: str) -> str:
    signature = sign(private_key(key), b"handstamp/token/1\0" + signed)
    return "HS" + base32_encode(int.from_bytes(signed + signature, "big"), 120)


def reading() -> list[Vector]:
    """Scanned text to what it is, under the keys of `key_table`."""
    body = BODIES["a ticket"]
    text = text_of(body)
    laid_out = encode_body(body)
    look_alikes = text[:2] + text[2:].replace("0", "O").replace("1", "l")
    mixed = text[:2] + text[2:].replace("0", "o").replace("1", "I")
    genuine = {
        "as it is": text,
        "small letters": text.lower(),
        "O, l for 0, 1": look_alikes,
        "o, I for 0, 1": mixed,
        "white space around": f" \t\r\n{text}\v\f\u00a0\ufeff\n",
        "end of an address": f"https://tickets.example/t/{text}",
        "behind an equals sign": f"https://tickets.example/t?code={text}",
        "behind a number sign": f"https://tickets.example/#{text.lower()}",
    }
    no_ticket = {
        "empty": "",
        "an address": "https://example.org/",
        "one letter short": text[:-1],
        "one letter long": text + "0",
        "another prefix": "HT" + text[2:],
        "a foreign letter": text[:-1] + "U",
        "a space within": text[:50] + " " + text[51:],
        "a letter that becomes S by upper-casing": "H\u017f" + text[2:],
        "a letter that becomes I by upper-casing": text[:-1] + "\u0131",
        "a space that is none of ours": "\u2003" + text,
        "a separator behind": text + "/",
        "tier 0": _raw(laid_out[:9] + b"\0\1", KEYS[1]),
        "epoch 0": _raw(laid_out[:10] + b"\0", KEYS[1]),
    }
    others: dict[str, tuple[str, str, TokenBody | None]] = {
        "compromised key": ("ok", text_of(body._replace(key_id=2)), body._replace(key_id=2)),
        "key 31": ("ok", text_of(BODIES["greatest numbers"]), BODIES["greatest numbers"]),
        "a key not held": (
            "unknown_key",
            text_of(body._replace(key_id=7), "key 7"),
            body._replace(key_id=7),
        ),
        "version 0": ("newer", _raw(bytes((1,)) + laid_out[1:], KEYS[1]), None),
        "version 2": ("newer", _raw(bytes((2 << 5 | 1,)) + laid_out[1:], KEYS[1]), None),
        "version 7, tier and epoch 0": ("newer", _raw(b"\xff" + bytes(10), KEYS[1]), None),
        "another's signature": ("forged", text_of(body, "a stranger's key"), body),
        "signature of another body": (
            "forged",
            "HS"
            + base32_encode(
                int.from_bytes(
                    encode_body(body._replace(tier=2))
                    + sign(private_key(KEYS[1]), b"handstamp/token/1\0" + laid_out),
                    "big",
                ),
                120,
            ),
            body._replace(tier=2),
        ),
        "signed without its context": (
            "forged",
            "HS"
            + base32_encode(
                int.from_bytes(laid_out + sign(private_key(KEYS[1]), laid_out), "big"), 120
            ),
            body,
        ),
    }
    return [
        *(
            {"name": n, "text": t, "check": "ok", "token": written(body)}
            for n, t in genuine.items()
        ),
        *(
            {"name": n, "text": t, "check": "not_a_ticket", "token": None}
            for n, t in no_ticket.items()
        ),
        *(
            {"name": n, "text": t, "check": c, "token": None if b is None else written(b)}
            for n, (c, t, b) in others.items()
        ),
    ]


def strictness() -> list[Vector]:
    """Key, message and signature, and whether the signature counts."""
    private = private_key("strict")
    public = public_key(private)
    message = b"strict"
    good = sign(private, message)
    s = int.from_bytes(good[32:], "little")
    cases: dict[str, tuple[bytes, bytes, bytes, bool]] = {
        "genuine": (public, message, good, True),
        "RFC 8032 section 7.1 test 2": (
            bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
            b"\x72",
            bytes.fromhex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
            True,
        ),
        "another message": (public, b"struct", good, False),
        "another key": (public_key(private_key("other")), message, good, False),
        "S raised by L": (
            public,
            message,
            good[:32] + (s + edwards.ORDER).to_bytes(32, "little"),
            False,
        ),
        "S is L": (public, message, good[:32] + edwards.ORDER.to_bytes(32, "little"), False),
        "S all ones": (public, message, good[:32] + b"\xff" * 32, False),
        "signature cut short": (public, message, good[:63], False),
        "signature one byte long": (public, message, good + b"\0", False),
        "key cut short": (public[:31], message, good, False),
    }
    for name, encoded in _identities().items():
        k = edwards.challenge(encoded, public, message)
        answer = k * edwards.secret_scalar(private) % edwards.ORDER
        cases[f"R is {name}"] = (public, message, encoded + answer.to_bytes(32, "little"), False)
        cases[f"key is {name}"] = (
            encoded,
            message,
            edwards.encode(edwards.IDENTITY) + bytes(32),
            False,
        )
    for order, point in _small_points().items():
        key = edwards.encode(point)
        cases[f"key of order {order}"] = (key, *_signed_by_nobody(key, order), False)
    return [
        {
            "name": name,
            "public": base64.b64encode(key).decode(),
            "message": base64.b64encode(said).decode(),
            "signature": base64.b64encode(signature).decode(),
            "right": right,
        }
        for name, (key, said, signature, right) in cases.items()
    ]


def _identities() -> dict[str, bytes]:
    one_above = (edwards.FIELD + 1).to_bytes(32, "little")
    return {
        "the neutral point": edwards.encode(edwards.IDENTITY),
        "the neutral point with a sign": (1 | 1 << 255).to_bytes(32, "little"),
        "the neutral point not canonical": one_above,
    }


def _small_points() -> dict[int, edwards.Point]:
    eighth = edwards.from_y(0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826, 1)
    return {8: eighth, 4: edwards.add(eighth, eighth), 2: edwards.times(4, eighth)}


def _signed_by_nobody(key: bytes, order: int) -> tuple[bytes, bytes]:
    """Return a message and a signature that loose verifiers accept under a key of small order."""
    nonce = 123_456_789
    r = edwards.encode(edwards.times(nonce, edwards.BASE))
    message = next(
        said
        for said in (f"nobody {number}".encode() for number in range(1000))
        if edwards.challenge(r, key, said) % order == 0
    )
    return message, r + nonce.to_bytes(32, "little")


def ids() -> list[Vector]:
    """Serial to the nine letters that end a printed id; device to hexadecimal digits."""
    serials = [0, 1, 31, 32, 0x0102030405, 0xFFFFFFFFFF, 0x8000000000, 987_654_321_000]
    return [
        *(
            {"name": f"serial {serial}", "serial": serial, "letters": _letters(serial)}
            for serial in serials
        ),
        *(
            {"name": f"device {device}", "device": device, "hex": f"{device:012x}"}
            for device in (1, 0x0A0B0C0D0E0F, 2**48 - 1)
        ),
    ]


def _letters(serial: int) -> str:
    letters = base32_encode(serial, 8)
    return letters + luhn32(letters)


def codes() -> list[Vector]:
    """Scanned text of a code from elsewhere to its digest; null when there is no code."""
    texts = {
        "letters and digits": "ABC-123456",
        "small letters are others": "abc-123456",
        "outer space is none": " \t\u00a0ABC-123456\r\n\ufeff",
        "inner space counts": "ABC 123456",
        "an address": "https://tickets.example/t?c=9f0e#x",
        "many scripts": "Zoë 北门 🎟",
        "reads like a token": "HS" + "0" * 120,
        "long": "9" * 4_000,
        "one digit": "7",
        "empty": "",
        "blank": " \n\u00a0",
    }
    return [
        {"name": name, "event": 0x010203, "text": text, "digest": _code_digest(0x010203, text)}
        for name, text in texts.items()
    ] + [
        {"name": f"event {event}", "event": event, "text": "7", "digest": _code_digest(event, "7")}
        for event in (0, 1, 2**24 - 1)
    ]


def _code_digest(event: int, text: str) -> str | None:
    told = text.strip("\t\n\v\f\r \u00a0\ufeff").encode()
    whole = b"handstamp/foreign-code/1\0" + event.to_bytes(3, "big") + told
    return hashlib.sha256(whole).hexdigest()[:16] if told else None


def files() -> dict[str, Vector]:
    """Every file of vectors/token: title, clauses, keys and vectors."""
    return {
        "token/encode.json": {
            "title": "A ticket's body, signed and written as QR text",
            "clauses": ["R1", "R3", "R4", "R5", "R8"],
            "vectors": encoding(),
        },
        "token/read.json": {
            "title": "What a scanned text is, under these keys",
            "clauses": ["R6", "R7"],
            "keys": key_table(),
            "vectors": reading(),
        },
        "token/strict.json": {
            "title": "Signatures that count and signatures that loose verifiers would let pass",
            "clauses": ["R4"],
            "vectors": strictness(),
        },
        "token/ids.json": {
            "title": "The end of a printed id, and devices in digits",
            "clauses": ["R1", "R9"],
            "vectors": ids(),
        },
        "token/codes.json": {
            "title": "Codes from elsewhere and their digests",
            "clauses": ["R6", "R46"],
            "vectors": codes(),
        },
    }

"""R4, R6, R7: a changed token is never taken for a ticket, by neither twin."""

import base64
from collections.abc import Iterator
from random import Random

import pytest
from tests.contract.long_counts import long_count
from tests.contract.twins import JavaScript, Json, Python, key_table

from handstamp.kit.ids import ALPHABET, base32_encode
from handstamp.kit.signing import new_private_key, public_key, sign
from handstamp.tickets.token import TokenBody, check_token, encode_token, parse_token

BATCH = 2_000
SEED = 20261121
BITS = 600


@pytest.fixture(scope="module")
def private() -> bytes:
    return new_private_key()


@pytest.fixture(scope="module")
def keys(private: bytes) -> Json:
    """Every key id is held and is the same key, so that no change hides behind an unknown id."""
    public = base64.b64encode(public_key(private)).decode()
    return [{"id": key_id, "public": public, "compromised": False} for key_id in range(32)]


def tickets(private: bytes, random: Random, count: int) -> list[str]:
    """Return genuine tokens."""
    return [
        encode_token(
            TokenBody(
                random.randrange(32),
                random.randrange(1 << 24),
                random.randrange(1 << 40),
                random.randint(1, 255),
                random.randint(1, 255),
            ),
            lambda message: sign(private, message),
        )
        for _ in range(count)
    ]


def test_unchanged_tokens_are_taken(private: bytes, keys: Json, javascript: JavaScript) -> None:
    texts = tickets(private, Random(SEED), 20)
    given = {"texts": texts, "keys": keys, "engine": "webcrypto"}
    assert Python()("countAccepted", given) == javascript("countAccepted", given) == len(texts)


@pytest.mark.parametrize("engine", ["noble", "webcrypto"])
def test_every_single_bit_change_is_refused(
    private: bytes, keys: Json, javascript: JavaScript, engine: str
) -> None:
    text = tickets(private, Random(SEED), 1)[0]
    whole = int.from_bytes(raw(text), "big")
    texts = ["HS" + base32_encode(whole ^ 1 << bit, 120) for bit in range(BITS)]
    assert len(set(texts)) == BITS
    given = {"texts": texts, "keys": keys, "engine": engine}
    assert Python()("countAccepted", given) == 0
    assert javascript("countAccepted", given) == 0


@pytest.mark.timeout(3600)
def test_random_changes_are_refused(private: bytes, keys: Json, javascript: JavaScript) -> None:
    count = long_count(20_000, 1_000_000, "changed tokens through both twins")
    random, table = Random(SEED), key_table(keys)
    genuine = tickets(private, random, 50)
    changed = mutations(random, genuine)
    for _ in range(count // BATCH):
        texts = [next(changed) for _ in range(BATCH)]
        given = {"texts": texts, "keys": keys, "engine": "webcrypto"}
        javascript.ask("countAccepted", given)
        assert [text for text in texts if check_token(text, table).check == "ok"] == []
        assert javascript.answer() == 0


def raw(text: str) -> bytes:
    """Return the 75 bytes of a genuine token."""
    token = parse_token(text)
    assert token is not None
    return token.signed + token.signature


def mutations(random: Random, genuine: list[str]) -> Iterator[str]:
    """Yield changed tokens for ever; changes that R6 undoes are left out."""
    bytes_of = {text: raw(text) for text in genuine}
    known = set(bytes_of.values())
    while True:
        text = random.choice(genuine)
        if random.random() < 0.6:
            changed = changed_bytes(random, bytes_of[text], bytes_of[random.choice(genuine)])
            mutated = "HS" + base32_encode(int.from_bytes(changed, "big"), 120)
        else:
            mutated = changed_letters(random, text)
        token = parse_token(mutated)
        if token is None or token.signed + token.signature not in known:
            yield mutated


def changed_bytes(random: Random, whole: bytes, other: bytes) -> bytes:
    """Change bytes: a few at random, a swap, a stretch of another token, or its signature."""
    changed = bytearray(whole)
    way = random.randrange(5)
    if way == 0:
        for _ in range(random.randint(1, 4)):
            changed[random.randrange(75)] ^= 1 << random.randrange(8)
    elif way == 1:
        changed[random.randrange(75)] = random.randrange(256)
    elif way == 2:
        one, two = random.randrange(75), random.randrange(75)
        changed[one], changed[two] = changed[two], changed[one]
    elif way == 3:
        begin = random.randrange(75)
        end = random.randint(begin, 75)
        changed[begin:end] = other[begin:end]
    else:
        changed[11:] = random.randbytes(64)
    return bytes(changed)


def changed_letters(random: Random, text: str) -> str:
    """Change letters as damage, typing or malice would."""
    at = random.randrange(len(text))
    way = random.randrange(5)
    if way == 0:
        return text[:at] + random.choice(ALPHABET + "U!é\0 ") + text[at + 1 :]
    if way == 1:
        return text[:at] + text[at + 1 :]
    if way == 2:
        return text[:at] + random.choice(ALPHABET) + text[at:]
    if way == 3:
        return text[:at] + text[at:][::-1]
    return text[at:] + text[:at]

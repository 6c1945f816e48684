"""Ids, clocks and signing: small things that everything stands on."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handstamp.kit.clock import FakeClock, system_clock
from handstamp.kit.ids import (
    ALPHABET,
    base32_decode,
    base32_encode,
    device_hex,
    luhn32,
    new_id,
    new_number,
    random_int,
)
from handstamp.kit.signing import (
    derive,
    keyed_hash,
    new_private_key,
    public_key,
    same,
    seal,
    sign,
    unseal,
    verify,
)

WORDS = st.text(ALPHABET, min_size=1, max_size=24)


@given(st.integers(0, 2**40 - 1))
def test_base32_goes_there_and_back(number: int) -> None:
    text = base32_encode(number, 8)
    assert len(text) == 8
    assert base32_decode(text) == number
    assert base32_decode(text.lower().replace("0", "o").replace("1", "l")) == number


def test_foreign_letters_are_not_base32() -> None:
    assert base32_decode("HS-1") is None
    assert base32_decode("U") is None


@given(WORDS, st.data())
def test_a_check_letter_catches_every_wrong_letter(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET))
    changed = text[:place] + other + text[place + 1 :]
    assert (luhn32(changed) == luhn32(text)) == (changed == text)


def test_ids_are_fresh_and_fit_addresses() -> None:
    made = {new_id("evt") for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(one.startswith("evt_") and one[4:].isalnum() and len(one) == 24 for one in made)
    assert all(0 < random_int(3) < 8 for _ in range(100))
    assert device_hex(255) == "0000000000ff"


def test_clocks() -> None:
    clock = FakeClock(5)
    clock.advance(-2)
    assert clock() == 3
    assert system_clock() > 1_700_000_000_000


@given(st.binary(max_size=200))
def test_signatures_fit_their_message_and_key_only(message: bytes) -> None:
    private = new_private_key()
    signature = sign(private, message)
    assert verify(public_key(private), signature, message)
    assert not verify(public_key(private), signature, message + b"!")
    assert not verify(public_key(new_private_key()), signature, message)
    assert not verify(b"short", signature, message)


def test_sealed_bytes_open_with_the_same_key_and_context_only() -> None:
    key, nonce = derive(b"s" * 32, "a"), bytes(12)
    sealed = seal(key, nonce, b"plain", b"context")
    assert unseal(key, sealed, b"context") == b"plain"
    for wrong in (
        (derive(b"s" * 32, "b"), sealed, b"context"),
        (key, sealed, b"other"),
        (key, sealed[:-1] + b"\0", b"context"),
    ):
        with pytest.raises(ValueError, match="do not open"):
            unseal(*wrong)


def test_keyed_hashes_and_comparison() -> None:
    assert keyed_hash(b"k", "a") != keyed_hash(b"l", "a")
    assert same("a", b"a")
    assert not same("a", "b")


def test_a_number_is_six_letters_after_its_prefix_and_another_each_time() -> None:
    made = {new_number("HS") for _ in range(50)}
    assert len(made) > 45
    assert all(re.fullmatch("HS-[0-9A-HJKMNP-TV-Z]{6}", number) for number in made)

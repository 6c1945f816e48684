"""A draw is fixed by its commitment, the same for everybody who computes it, and fair."""

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from handstamp.clubs.rules import SEED_BYTES, draw_commitment
from handstamp.preorders import draw

seeds = st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES)
ids = st.lists(st.uuids().map(lambda one: f"po_{one.hex}"), unique=True, max_size=30)


def test_the_published_lines_are_what_is_computed() -> None:
    seed = bytes(range(32))
    assert draw_commitment(seed) == hashlib.sha256(b"handstamp/draw/1\x00" + seed).hexdigest()
    assert draw.rank(seed, "po_a") == hashlib.sha256(seed + b"po_a").hexdigest()


@given(seeds, ids, st.randoms())
def test_places_do_not_depend_on_the_order_of_entry(
    seed: bytes, who: list[str], luck: object
) -> None:
    mixed = list(who)
    luck.shuffle(mixed)  # type: ignore[attr-defined]
    found = draw.places(seed, who)
    assert found == draw.places(seed, mixed)
    assert sorted(found.values()) == list(range(1, len(who) + 1))
    assert draw.verify(draw_commitment(seed), seed, found).fair


@given(seeds, ids.filter(lambda who: len(who) > 1))
def test_whoever_steps_back_changes_nobody_elses_order(seed: bytes, who: list[str]) -> None:
    all_places = draw.places(seed, who)
    fewer = draw.places(seed, who[1:])
    assert sorted(fewer, key=fewer.__getitem__) == [
        one for one in sorted(all_places, key=all_places.__getitem__) if one != who[0]
    ]


@given(seeds, seeds, ids.filter(lambda who: len(who) > 1))
def test_another_seed_or_a_moved_place_is_found_out(
    seed: bytes, other: bytes, who: list[str]
) -> None:
    right = draw.places(seed, who)
    if other != seed:
        assert not draw.verify(draw_commitment(seed), other, right).seed_fits
    swapped = {**right, who[0]: right[who[1]], who[1]: right[who[0]]}
    assert draw.verify(draw_commitment(seed), seed, swapped).wrong == tuple(sorted(who[:2]))


def test_everybody_wins_about_as_often() -> None:
    first: Counter[str] = Counter()
    for number in range(4_000):
        found = draw.places(number.to_bytes(32, "big"), ["po_a", "po_b", "po_c", "po_d"])
        first[min(found, key=found.__getitem__)] += 1
    assert all(850 < count < 1_150 for count in first.values())

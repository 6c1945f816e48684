"""The demo's guest list: the same people every time."""

from dataclasses import dataclass

from handstamp.demo.names import PEOPLE


@dataclass(frozen=True)
class Guest:
    """One person of the demo; `tier` is a place in the demo's list of tiers."""

    name: str
    email: str
    order: str
    tier: int


def guests(count: int = 500) -> list[Guest]:
    """Return `count` guests; two in three come in pairs under one order.

    One in ten is of tier 1, one in twenty of tier 2, the others of tier 0.
    """
    people = [person for group in PEOPLE for person in _names(*group)]
    return [_guest(place, people[place * 7 % len(people)]) for place in range(count)]


def _names(given: str, family: str, family_first: bool) -> list[str]:
    pairs = [(first, last) for first in given.split() for last in family.split()]
    ordered = [(last, first) if family_first else (first, last) for first, last in pairs]
    return [" ".join(pair).replace("_", " ") for pair in ordered]


def _guest(place: int, name: str) -> Guest:
    plain = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
    return Guest(
        name=name,
        email=f"{plain[:12] or 'guest'}{place + 1}@example.org",
        order=f"ORD-{1001 + place - (place % 3 == 1)}",
        tier=2 if place % 20 == 19 else int(place % 10 == 4),
    )

"""A guest list no easier to compress than a real one: many languages, parties, odd addresses.

The demo's names are too few for ten thousand guests: repeated, they would shrink to nothing. So
they are the common names here, and rarer ones are put together from the letters of the same
languages, as surnames are: many thousand, some frequent, most borne by one or two.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random
from typing import TypeVar

from handstamp.demo.names import PEOPLE
from handstamp.kit.ids import ALPHABET

Value = TypeVar("Value")
PARTY_SIZES = ((1, 45), (2, 40), (3, 8), (4, 7))
TIERS = ((0, 60), (1, 25), (2, 10), (3, 5))
DOMAINS = (
    *(("gmail.com", 45), ("hotmail.com", 10), ("yahoo.com", 8), ("icloud.com", 8)),
    *(("outlook.com", 6), ("telus.net", 4), ("shaw.ca", 3), ("web.de", 3), ("qq.com", 2)),
    *((f"firm{number}.example", 0.3) for number in range(40)),
)
GIVEN_NAMES = 1_000
SURNAMES = 24_000
NAMED_GUESTS = 0.5
OWN_ADDRESS = 0.3
FROM_NAME = 0.67
WRITTEN_AS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "þ": "th"}
)
DENSE = "\u2e80"  # from here on scripts write a syllable or a word in one sign


@dataclass(frozen=True)
class Guest:
    """One ticket's person; `tier` is a place in the event's list of tiers."""

    name: str
    email: str
    order: str
    tier: int


def guest_list(count: int, seed: int = 1) -> list[Guest]:
    """Return guests in orders of one to four tickets; the same every time.

    Half of the larger parties name each guest, and of those three in ten have an address of
    their own. Two addresses in three follow from the name; names in other scripts than Latin
    never give one. An order is six random letters.
    """
    random = Random(seed)
    crowd = _Crowd(random)
    guests: list[Guest] = []
    while len(guests) < count:
        order = "".join(random.choice(ALPHABET) for _ in range(6))
        buyer, tier = crowd.name(), _pick(random, TIERS)
        email, named = crowd.address(buyer), random.random() < NAMED_GUESTS
        for place in range(_pick(random, PARTY_SIZES)):
            other = place > 0 and named
            name = crowd.name() if other else buyer
            own = other and random.random() < OWN_ADDRESS
            guests.append(Guest(name, crowd.address(name) if own else email, order, tier))
    return guests[:count]


class _Crowd:
    """People of the demo's languages, Latin script four times as often as each other one."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._languages = [_Language(random, *group) for group in PEOPLE]
        weights = [4 if language.is_latin else 1 for language in self._languages]
        self._weights = list(accumulate(weights))
        latin = [_ascii(word) for group in PEOPLE for part in group[:2] for word in part.split()]
        self._words = _words_like(random, [word.lower() for word in latin if len(word) > 3])

    def name(self) -> str:
        """Return a whole name."""
        return self._random.choices(self._languages, cum_weights=self._weights)[0].name()

    def address(self, name: str) -> str:
        """Return an e-mail address of a person of that name."""
        random = self._random
        plain = [_ascii(word) for word in name.lower().split()]
        local = self._words() + random.choice(("", "", ".", "_")) + self._words()
        if all(plain) and random.random() < FROM_NAME:
            given, surname = plain[0], "".join(plain[1:]) or plain[0]
            shapes = (f"{given}.{surname}", given + surname, given[:1] + surname, surname, given)
            local = random.choice(shapes)
        end = random.choice(("", "", str(random.randrange(100)), str(random.randrange(1950, 2006))))
        return f"{local}{end}@{_pick(random, DOMAINS)}"


class _Language:
    """One group of the demo, its names and rarer ones made of their letters."""

    def __init__(self, random: Random, given: str, family: str, family_first: bool) -> None:
        self._random = random
        self._family_first = family_first
        self.is_latin = sum(letter < "\u0250" for letter in family) > len(family) / 2
        share = len(PEOPLE)
        self._given = _grown(random, given, GIVEN_NAMES // share)
        self._family = _grown(random, family, SURNAMES // share)

    def name(self) -> str:
        """Return a given and a family name in this language's order."""
        pair = (self._often(self._given), self._often(self._family))
        return " ".join(reversed(pair) if self._family_first else pair)

    def _often(self, names: list[str]) -> str:
        """Pick one; the n-th is as frequent as 1/(n + 60) says."""
        place = int(60 * ((1 + len(names) / 60) ** self._random.random() - 1))
        return names[min(place, len(names) - 1)]


def _grown(random: Random, known: str, count: int) -> list[str]:
    names = [name.replace("_", " ") for name in known.split()]
    word = _words_like(random, known.lower().split())
    return [*names, *(word().title() for _ in range(count - len(names)))]


def _words_like(random: Random, known: list[str]) -> Callable[[], str]:
    """Return a maker of words whose letters follow each other as in the known ones.

    Scripts that write a syllable in one sign have too few known signs: any of theirs will do.
    """
    letters = "".join(known)
    if min(letters) >= DENSE:
        first = 0xAC00 if letters[0] >= "\uac00" else 0x4E00
        signs = [chr(random.randint(first, first + 8_000)) for _ in range(500)]
        return lambda: "".join(random.choices(signs, k=random.choice((1, 2, 2))))
    after: dict[str, list[str]] = {}
    for word in known:
        for letter, following in pairwise(word):
            after.setdefault(letter, []).append(following)

    def make() -> str:
        word = random.choice(known)[0]
        for _ in range(random.choice((3, 4, 5, 5, 6, 7, 8))):
            word += random.choice(after.get(word[-1]) or list(letters))
        return word

    return make


def _ascii(word: str) -> str:
    """Write a word as its owner does in an address: without marks, in plain letters."""
    plain = unicodedata.normalize("NFD", word.translate(WRITTEN_AS))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def _pick(random: Random, weighted: Sequence[tuple[Value, float]]) -> Value:
    values = [value for value, _ in weighted]
    return random.choices(values, [weight for _, weight in weighted])[0]

"""The tickets of a snapshot as columns. Twin: pwa/src/core/ticket-columns.js.

Vectors: shared/vectors/wire. Rows stand party by party (the tickets of one order), sorted by
surname, so that names come from a sorted dictionary and mail addresses from the names.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handstamp.checkin.columns import (
    decode_numbers,
    decode_sorted,
    decode_terms,
    decode_texts,
    encode_numbers,
    encode_sorted,
    encode_terms,
    encode_texts,
)
from handstamp.checkin.layout import Reader
from handstamp.checkin.rows import TicketRow

SAME_NAME, SAME_EMAIL = 1, 2
GIVEN, SURNAME, GIVEN_INITIAL, SURNAME_INITIAL = "\1", "\2", "\3", "\4"
_CONTROLS = re.compile("[\0-\x1f]")
_END_DIGITS = re.compile("[0-9]{0,6}$")


class _Guest(NamedTuple):
    """A ticket with its name in two: `given` ends in the last space, `surname` has none."""

    surname: str
    given: str
    email: str
    row: TicketRow


def encode_tickets(tickets: Iterable[TicketRow]) -> tuple[bytes, list[int]]:
    """Return the columns of R38 and the serials in the order of the columns.

    Control letters in texts become spaces.
    """
    parties = _parties(tickets)
    guests = [guest for party in parties for guest in party]
    columns = (
        encode_numbers([len(party) for party in parties]),
        encode_texts([_clean(party[0].row.order) for party in parties]),
        _encode_names(parties),
        _encode_emails(parties),
        encode_numbers([guest.row.serial for guest in guests]),
        encode_numbers([guest.row.tier for guest in guests]),
        encode_numbers([guest.row.status for guest in guests]),
        encode_numbers([guest.row.epoch for guest in guests]),
    )
    return b"".join(columns), [guest.row.serial for guest in guests]


def _clean(text: str) -> str:
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def _parties(tickets: Iterable[TicketRow]) -> list[list[_Guest]]:
    guests: list[_Guest] = []
    for row in tickets:
        name = _clean(row.name)
        cut = name.rfind(" ") + 1
        guests.append(_Guest(name[cut:], name[:cut], _clean(row.email), row))
    guests.sort()
    parties: dict[str | int, list[_Guest]] = {}
    for guest in guests:
        parties.setdefault(guest.row.order or guest.row.serial, []).append(guest)
    return [*parties.values()]


def _encode_names(parties: list[list[_Guest]]) -> bytes:
    surnames = sorted({guest.surname for party in parties for guest in party})
    place = {surname: number for number, surname in enumerate(surnames)}
    steps: list[int] = []
    others: list[int] = []
    same: list[int] = []
    givens: list[str] = []
    before = 0
    for leader, *companions in parties:
        steps.append(place[leader.surname] - before)
        before = place[leader.surname]
        givens.append(leader.given)
        for guest in companions:
            same_name = guest[:2] == leader[:2]
            same.append(SAME_NAME * same_name | SAME_EMAIL * (guest.email == leader.email))
            if not same_name:
                same_surname = guest.surname == leader.surname
                others.append(0 if same_surname else place[guest.surname] + 1)
                givens.append(guest.given)
    return b"".join(
        (
            encode_sorted(surnames),
            encode_numbers(steps),
            encode_numbers(same),
            encode_numbers(others),
            encode_terms(givens),
        )
    )


def _encode_emails(parties: list[list[_Guest]]) -> bytes:
    patterns: list[str] = []
    digits: list[int] = []
    domains: list[str] = []
    letters = _Letters()
    for leader, *companions in parties:
        for guest in (leader, *(other for other in companions if other.email != leader.email)):
            cut = guest.email.rfind("@")
            local, domain = (
                (guest.email[:cut], guest.email[cut:]) if cut >= 0 else (guest.email, "")
            )
            end = _END_DIGITS.search(local)
            number = end.group() if end else ""
            stem = local[: len(local) - len(number)]
            patterns.append(_pattern(stem, letters[guest.given], letters[guest.surname]))
            digits.append(int("1" + number) if number else 0)
            domains.append(domain)
    return encode_terms(patterns) + encode_numbers(digits) + encode_terms(domains)


class _Letters(dict[str, str]):
    """A name's first word as mail addresses write it: unaccented small letters.

    Names repeat, so each is written once; forgotten with the column it was made for.
    """

    def __missing__(self, name: str) -> str:
        word = unicodedata.normalize("NFD", name.split(" ", 1)[0])
        plain = "".join(letter for letter in word if letter.isascii() and letter.isalnum())
        return self.setdefault(name, plain.lower())


def _pattern(stem: str, given: str, surname: str) -> str:
    """Write the local part with marks for what the name already says."""
    if surname:
        stem = stem.replace(surname, SURNAME, 1)
    if given and given in stem:
        stem = stem.replace(given, GIVEN, 1)
    elif given and SURNAME in stem:
        stem = _initial(stem, given[0], SURNAME, GIVEN_INITIAL)
    if surname and SURNAME not in stem and GIVEN in stem:
        stem = _initial(stem, surname[0], GIVEN, SURNAME_INITIAL)
    return stem


def _initial(stem: str, letter: str, beside: str, mark: str) -> str:
    """Replace a lone initial right beside a name, with or without a dot between."""
    for joint in ("", "."):
        if stem.startswith(letter + joint + beside):
            stem = mark + stem[len(letter) :]
        if stem.endswith(beside + joint + letter):
            stem = stem[: -len(letter)] + mark
    return stem


def decode_tickets(read: Reader) -> list[TicketRow]:
    """Read the columns of R38.

    Raises:
        ValueError: they are cut short or do not fit each other.
    """
    sizes = decode_numbers(read)
    orders = [
        order for size, order in zip(sizes, decode_texts(read), strict=True) for _ in range(size)
    ]
    names, same = _decode_names(read, sizes)
    emails = _decode_emails(read, names, same)
    serials, tiers, statuses, epochs = (decode_numbers(read) for _ in range(4))
    full = [given + surname for given, surname in names]
    return [
        TicketRow(*row)
        for row in zip(serials, tiers, statuses, epochs, full, emails, orders, strict=True)
    ]


def _decode_names(read: Reader, sizes: list[int]) -> tuple[list[tuple[str, str]], list[int]]:
    """Return (given, surname) of each row, and the flags of each (-1 for a party's first)."""
    surnames = decode_sorted(read)
    steps = decode_numbers(read)
    flags = iter(decode_numbers(read))
    others = iter(decode_numbers(read))
    givens = iter(decode_terms(read))
    names: list[tuple[str, str]] = []
    same: list[int] = []
    at = 0
    for size, step in zip(sizes, steps, strict=True):
        at += step
        leader = (next(givens), surnames[at])
        names.append(leader)
        same.append(-1)
        for _ in range(size - 1):
            same.append(next(flags))
            if same[-1] & SAME_NAME:
                names.append(leader)
            else:
                other = next(others)
                surname = surnames[other - 1] if other else leader[1]
                names.append((next(givens), surname))
    return names, same


def _decode_emails(read: Reader, names: list[tuple[str, str]], same: list[int]) -> list[str]:
    written = _written_emails(read)
    emails: list[str] = []
    letters = _Letters()
    leaders = ""
    for (given, surname), flags in zip(names, same, strict=True):
        if flags >= 0 and flags & SAME_EMAIL:
            emails.append(leaders)
            continue
        pattern, end = next(written)
        emails.append(_filled(pattern, letters[given], letters[surname]) + end)
        if flags < 0:
            leaders = emails[-1]
    return emails


def _written_emails(read: Reader) -> Iterator[tuple[str, str]]:
    """Return pattern and end of each address that is written out."""
    patterns, digits, domains = decode_terms(read), decode_numbers(read), decode_terms(read)
    ends = [
        (str(number)[1:] if number else "") + domain
        for number, domain in zip(digits, domains, strict=True)
    ]
    return zip(patterns, ends, strict=True)


def _filled(pattern: str, given: str, surname: str) -> str:
    return (
        pattern.replace(GIVEN, given)
        .replace(SURNAME, surname)
        .replace(GIVEN_INITIAL, given[:1])
        .replace(SURNAME_INITIAL, surname[:1])
    )

"""Digests of codes from elsewhere in a snapshot. Twin: pwa/src/core/code-columns.js.

Vectors: shared/vectors/wire. They stand behind the facts (R47), so that older readers miss nothing.
"""

from collections.abc import Mapping, Sequence

from handstamp.checkin.columns import decode_numbers, encode_numbers
from handstamp.checkin.layout import Reader
from handstamp.checkin.rows import CODE_BYTES, TicketRow

_HALF = CODE_BYTES // 2


def encode_codes(
    codes: Mapping[int, bytes], serials: Sequence[int], *, more: bool = False
) -> bytes:
    """Return the columns of R47: nothing when no ticket has a code and no `more` columns follow.

    `codes`: digests by serial; `serials` are those of the ticket columns, in their order.
    """
    if not codes and not more:
        return b""
    places = [place for place, serial in enumerate(serials) if serial in codes]
    steps = [place - before for before, place in zip([0, *places], places, strict=False)]
    digests = [codes[serials[place]] for place in places]
    halves = (
        [int.from_bytes(digest[:_HALF], "big") for digest in digests],
        [int.from_bytes(digest[_HALF:], "big") for digest in digests],
    )
    return b"".join(map(encode_numbers, (steps, *halves)))


def decode_codes(read: Reader, tickets: list[TicketRow]) -> list[TicketRow]:
    """Read the columns behind the facts, if any; return the tickets with their codes.

    Raises:
        ValueError: the columns are cut short or do not fit each other.
        IndexError: they name a ticket that is not there.
    """
    if read.at_end():
        return tickets
    steps, first, last = (decode_numbers(read) for _ in range(3))
    if max(*first, *last, 0, 0) >= 1 << 8 * _HALF or 0 in steps[1:]:
        raise ValueError("a half has 4 bytes, and a ticket one code")
    rows = list(tickets)
    place = 0
    for step, high, low in zip(steps, first, last, strict=True):
        place += step
        code = high.to_bytes(_HALF, "big") + low.to_bytes(_HALF, "big")
        rows[place] = rows[place]._replace(code=code)
    return rows

"""Notes for the door in a snapshot. Twin: pwa/src/core/prompt-columns.js.

Vectors: shared/vectors/wire. They stand behind the codes (R62), so that older readers miss nothing.
"""

import re
from collections.abc import Mapping, Sequence

from handstamp.checkin.columns import decode_numbers, decode_terms, encode_numbers, encode_terms
from handstamp.checkin.layout import Reader
from handstamp.checkin.rows import TicketRow

_CONTROL = re.compile("[\x00-\x1f]")


def encode_notes(notes: Mapping[int, str], serials: Sequence[int]) -> bytes:
    """Return the columns of R62: nothing when no ticket has a note.

    `notes`: texts by serial; `serials` are those of the ticket columns, in their order.
    """
    if not notes:
        return b""
    places = [place for place, serial in enumerate(serials) if serial in notes]
    steps = [place - before for before, place in zip([0, *places], places, strict=False)]
    texts = [_CONTROL.sub(" ", notes[serials[place]]) for place in places]
    return encode_numbers(steps) + encode_terms(texts)


def decode_notes(read: Reader, tickets: list[TicketRow]) -> list[TicketRow]:
    """Read what follows the codes; return the tickets with their notes.

    Raises:
        ValueError: the columns are cut short or do not fit each other.
        IndexError: they name a ticket that is not there.
    """
    if read.at_end():
        return tickets
    steps, texts = decode_numbers(read), decode_terms(read)
    if 0 in steps[1:] or "" in texts:
        raise ValueError("a ticket has one note, which is not empty")
    rows = list(tickets)
    place = 0
    for step, text in zip(steps, texts, strict=True):
        place += step
        rows[place] = rows[place]._replace(note=text)
    return rows

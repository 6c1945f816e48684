"""Codes that somebody types: looked up with a limit on guessing."""

from collections.abc import Collection

from sqlalchemy import Connection

from handstamp.discounts import rules
from handstamp.discounts.rules import Code
from handstamp.discounts.take_codes import known_codes
from handstamp.kit.clock import MINUTE, Millis
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.limits import hit, look
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

WRONG_AT_MOST = 20  # wrong codes of one network within the window
TRIES_AT_MOST = 200  # right ones too, so that a burst of guesses at one moment gains little
WINDOW: Millis = 10 * MINUTE


async def try_codes(
    services: Services, event_id: str, codes: Collection[str], *, network: str
) -> dict[str, Code]:
    """Return an event's codes by text; an unknown one is left out, and counted as a guess.

    Opens transactions of its own, so call it outside of one.

    Raises:
        BadInput: so many codes at once.
        TooMany: this network has guessed too often of late. A right code is refused too then:
            else the limit would limit nothing.
    """
    if not codes:
        return {}
    if len(codes) > rules.MOST_AT_ONCE:
        raise BadInput(_("So many codes cannot be used at once."), code="too_many_codes")
    guesses = f"codes/wrong/{network}"
    await look(services, guesses, limit=WRONG_AT_MOST, window_ms=WINDOW)
    await hit(services, f"codes/{network}", limit=TRIES_AT_MOST, window_ms=WINDOW)
    async with services.db.read() as session:
        connection = await session.connection()
        known = await connection.run_sync(_usable, event_id, codes)
    for _wrong in set(codes) - known.keys():
        await hit(services, guesses, limit=WRONG_AT_MOST, window_ms=WINDOW)
    return known


def _usable(connection: Connection, event_id: str, codes: Collection[str]) -> dict[str, Code]:
    found = known_codes(connection, event_id, codes)
    return {text: code for text, code in found.items() if code.active}

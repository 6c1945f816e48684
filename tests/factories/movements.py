"""What people at the door do beside letting in: let out, take back, let in on purpose."""

from collections.abc import Sequence
from typing import Any

from tests.factories.checkin import Phone

from handstamp.checkin.movements import MOVEMENTS
from handstamp.checkin.verdict import CODES, TokenRead, flag_bits
from handstamp.checkin.wire import (
    ADMIT,
    BY_SUPERVISOR,
    DENY,
    EXIT,
    GROUP,
    OVERRIDE,
    SEARCH,
    UNDO,
    Fact,
)


def leave(phone: Phone, serial: int) -> bool:
    """Let a ticket picked from the list out, if the phone thinks that it is inside."""
    state = phone.copy.state(serial, phone.own_facts(serial))
    of = state.lists.get(phone.list_no)
    inside = of is not None and of.inside
    phone.append(
        kind=EXIT if inside else DENY,
        serial=serial,
        epoch=state.epoch,
        how=SEARCH,
        verdict=CODES["valid" if inside else "not_inside"],
        seen=phone._seen(serial),
    )
    return inside


def admit_party(phone: Phone, serials: Sequence[int]) -> None:
    """Let several in at once, each by a fact of its own; who may not come in is refused."""
    for serial in serials:
        decision = phone._decide(TokenRead("search", phone.copy.event["number"], serial), serial)
        phone.append(
            kind=ADMIT if decision.admit else DENY,
            serial=serial,
            epoch=phone._known_epoch(serial) or 1,
            how=GROUP,
            verdict=CODES[decision.verdict],
            flags=flag_bits(decision.flags),
            seen=phone._seen(serial),
        )


def override(phone: Phone, serial: int, *, note: str = "Let in", **members: Any) -> Fact:
    """Let a ticket in on purpose, whatever the verdict; by default with a supervisor's PIN."""
    state = phone.copy.state(serial, phone.own_facts(serial))
    given = {"flags": BY_SUPERVISOR, "verdict": CODES["already_used"], "how": SEARCH, **members}
    return phone.append(
        kind=OVERRIDE,
        serial=serial,
        epoch=state.epoch or 1,
        note=note,
        seen=phone._seen(serial),
        **given,
    )


def undo_last(phone: Phone, serial: int, **members: Any) -> Fact | None:
    """Take back this phone's newest movement of a ticket, whether or not that is still allowed."""
    own = [fact for fact in phone.own_facts(serial) if fact.kind in MOVEMENTS]
    if not own:
        return None
    last = max(own, key=lambda fact: fact.number)
    return phone.append(
        kind=UNDO,
        list_no=last.list_no,
        serial=serial,
        epoch=last.epoch,
        how=SEARCH,
        target=last.ref,
        **members,
    )

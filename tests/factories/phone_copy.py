"""What a phone in tests holds of an event."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from handstamp.checkin.fold import State, fact_of_row, fold
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.wire import BACKED, VOID, FactRow, Ref, TicketRow
from handstamp.tickets.token import TicketKey


@dataclass
class Copy:
    """What a phone holds of the event, as of a cursor."""

    cursor: dict[str, Any] | None = None
    event: dict[str, Any] = field(default_factory=dict)
    keys: dict[int, TicketKey] = field(default_factory=dict)
    tickets: dict[int, TicketRow] = field(default_factory=dict)
    facts: dict[Ref, FactRow] = field(default_factory=dict)
    lists: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    devices: dict[int, list[Any]] = field(default_factory=dict)

    def read_keys(self, keys: Sequence[dict[str, Any]]) -> None:
        """Take over the published ticket keys."""
        self.keys = {
            key["id"]: TicketKey(base64.b64decode(key["public"]), key["compromised"])
            for key in keys
        }

    def state(self, serial: int, more: Sequence[FoldFact] = ()) -> State:
        """Fold one ticket from what was fed, and from `more` that was not."""
        ticket = self.tickets.get(serial)
        fed = [fact_of_row(row) for row in self.facts.values() if row.serial == serial]
        held = {fact.ref for fact in fed}
        own = [fact for fact in more if fact.ref not in held]
        return fold([*fed, *own], ticket.epoch if ticket else None, self.lists, self.voids())

    def voids(self) -> dict[int, int]:
        """From which number on a device's facts are void (R53)."""
        voids: dict[int, int] = {}
        for row in self.facts.values():
            if row.kind == VOID and row.flags & BACKED and row.target:
                device, number, _tag = row.target
                voids[device] = min(number, voids.get(device, number))
        return voids

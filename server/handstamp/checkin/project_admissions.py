"""Keeping what the fold says of each ticket and list, so that boards need not fold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from handstamp.checkin import door_sums, store
from handstamp.checkin.fold import ListState, State, fold
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.rows import Ref
from handstamp.kit.clock import Millis

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch, DoorTicket


def serials_changed(connection: Connection, event_id: str, after: int) -> set[int]:
    """Return serials whose state may differ because of what was numbered above `after`.

    A changed ticket that has facts (its epoch may have been raised), and every ticket with
    pending facts when a list revision arrived that they may name.
    """
    asked = {"event": event_id, "after": after}
    serials = set(connection.execute(store.CHANGED_WITH_FACTS, asked).scalars())
    if connection.execute(store.NEW_REVISION, asked).first() is not None:
        serials |= set(connection.execute(store.WITH_PENDING, asked).scalars())
    return serials


def state_of(batch: "Batch", serial: int) -> State:
    """Fold what the batch knows of one ticket."""
    ticket = batch.tickets.get(serial)
    epoch = ticket.epoch if ticket else None
    return fold(batch.facts.get(serial, ()), epoch, batch.rules, batch.voids)


def project(batch: "Batch", serials: set[int]) -> None:
    """Write the state of these tickets to `tickets_admissions`."""
    rows: list[dict[str, Any]] = []
    for serial in sorted(serials - {0}):
        facts = {fact.ref: fact for fact in batch.facts.get(serial, ())}
        ticket = batch.tickets.get(serial)
        for list_no, state in state_of(batch, serial).lists.items():
            row = _row(state, facts, ticket)
            rows.append({"event_id": batch.event_id, "serial": serial, "list_no": list_no} | row)
    if rows:
        door_sums.move_admissions(batch.connection, batch.event_id, rows)
        batch.connection.execute(store.project_admission(batch.connection.dialect.name), rows)


def _row(
    state: ListState, facts: Mapping[Ref, FoldFact], ticket: "DoorTicket | None"
) -> dict[str, Any]:
    admitted_at = facts[state.winner].time if state.winner else None
    let_in = state.winner or (state.turns[-1].by if state.turns else None)
    return {
        "admitted_at": facts[let_in].time if let_in else None,
        "winner_device": let_in[0] if let_in else None,
        "winner_number": let_in[1] if let_in else None,
        "greens": len(state.greens),
        "pending": len(state.pending),
        "conflict": state.conflict or _what_else(admitted_at, ticket),
        "inside": state.inside,
        "entries": state.entries,
    }


def _what_else(admitted_at: Millis | None, ticket: "DoorTicket | None") -> str:
    """Name what an organizer must look at though the fold finds no conflict."""
    if admitted_at is None:
        return ""
    if ticket is None:
        return "unknown_ticket"
    ended = ticket.status != "valid" and admitted_at >= ticket.status_at
    return "after_refund" if ended else ""

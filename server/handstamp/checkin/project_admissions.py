"""Keeping what the fold says of each ticket and list, so that boards need not fold."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, case, exists, select

from handstamp.checkin.fold import ListState, State, fold
from handstamp.checkin.models import Admission, Fact
from handstamp.checkin.number_changes import insert_for
from handstamp.checkin.wire import DENY
from handstamp.events.models import ListRevision
from handstamp.kit.clock import Millis
from handstamp.tickets.models import Ticket

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch, DoorTicket


def serials_changed(connection: Connection, event_id: str, after: int) -> set[int]:
    """Return serials whose state may differ because of what was numbered above `after`.

    A changed ticket that has facts (its epoch may have been raised), and every ticket with
    pending facts when a list revision arrived that they may name.
    """
    has_facts = exists().where(
        Fact.event_id == event_id, Fact.serial == Ticket.serial, Fact.kind != DENY
    )
    changed = connection.execute(
        select(Ticket.serial).where(Ticket.event_id == event_id, Ticket.feed_seq > after, has_facts)
    )
    serials = set(changed.scalars())
    new_revision = select(ListRevision.rev).where(
        ListRevision.event_id == event_id, ListRevision.feed_seq > after
    )
    if (connection.execute(new_revision.limit(1))).first() is not None:
        waiting = select(Admission.serial).where(
            Admission.event_id == event_id, Admission.pending > 0
        )
        serials |= set((connection.execute(waiting)).scalars())
    return serials


def state_of(batch: "Batch", serial: int) -> State:
    """Fold what the batch knows of one ticket."""
    ticket = batch.tickets.get(serial)
    return fold(batch.facts.get(serial, ()), ticket.epoch if ticket else None, batch.rules)


def project(batch: "Batch", serials: set[int]) -> None:
    """Write the state of these tickets to `tickets_admissions`."""
    rows: list[dict[str, Any]] = []
    for serial in sorted(serials - {0}):
        facts = {fact.ref: fact for fact in batch.facts.get(serial, ())}
        ticket = batch.tickets.get(serial)
        for list_no, state in state_of(batch, serial).lists.items():
            admitted_at = facts[state.winner].time if state.winner else None
            row = _row(state, admitted_at, ticket)
            rows.append({"event_id": batch.event_id, "serial": serial, "list_no": list_no} | row)
    if not rows:
        return
    made = insert_for(batch.connection.dialect.name, Admission)
    new = made.excluded
    unchanged = (Admission.conflict == new.conflict) & (Admission.greens == new.greens)
    values: dict[str, Any] = {
        name: new[name]
        for name in (
            "admitted_at",
            "winner_device",
            "winner_number",
            "greens",
            "pending",
            "conflict",
        )
    }
    values["resolved_at"] = case((unchanged, Admission.resolved_at), else_=None)
    keys = ["event_id", "serial", "list_no"]
    batch.connection.execute(made.on_conflict_do_update(index_elements=keys, set_=values), rows)


def _row(
    state: ListState, admitted_at: Millis | None, ticket: "DoorTicket | None"
) -> dict[str, Any]:
    return {
        "admitted_at": admitted_at,
        "winner_device": state.winner[0] if state.winner else None,
        "winner_number": state.winner[1] if state.winner else None,
        "greens": len(state.greens),
        "pending": len(state.pending),
        "conflict": state.conflict or _what_else(admitted_at, ticket),
    }


def _what_else(admitted_at: Millis | None, ticket: "DoorTicket | None") -> str:
    """Name what an organizer must look at though the fold finds no conflict."""
    if admitted_at is None:
        return ""
    if ticket is None:
        return "unknown_ticket"
    ended = ticket.status != "valid" and admitted_at >= ticket.status_at
    return "after_refund" if ended else ""

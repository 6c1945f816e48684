"""Green lights that should have been one, old codes and ended tickets let in: both sides named."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.fold import State
from handstamp.checkin.fold_tickets import states_of
from handstamp.checkin.models import Admission
from handstamp.checkin.rows import Ref
from handstamp.checkin.scan_log import ScanRow, scans_of
from handstamp.events.find_events import lists_of
from handstamp.kit.clock import Millis
from handstamp.tickets.models import Ticket

MOST = 500


@dataclass(frozen=True)
class Side:
    """One green light: the whole fact behind it, and what the fold made of it.

    `wins`: by the best evidence it was first. `old`: made with a code that a later one
    replaced, so it cannot win.
    """

    scan: ScanRow
    wins: bool
    old: bool


@dataclass(frozen=True)
class ConflictRow:
    """A ticket on a list with something to look at.

    `kind`: `double`, `superseded`, `after_refund` or `unknown_ticket`. `ticket` is None for
    the last. `sides` are every green light in the order of effective time that was not taken
    back or made void. `overrides`: who was let in on purpose beside them, no part of it.
    """

    kind: str
    serial: int
    list_no: int
    list_name: str
    ticket: Ticket | None
    sides: tuple[Side, ...]
    overrides: tuple[ScanRow, ...]
    resolved_at: Millis | None


async def count_open(session: AsyncSession, event_id: str) -> int:
    """Count conflicts that nobody has looked at."""
    counted = select(func.count()).where(
        Admission.event_id == event_id,
        Admission.conflict > "",
        Admission.resolved_at.is_(None),
    )
    return await session.scalar(counted) or 0


async def conflicts(
    session: AsyncSession, event_id: str, *, resolved: bool = True
) -> list[ConflictRow]:
    """Return the event's conflicts, open ones first, then the latest admission first."""
    wanted = (
        select(Admission)
        .where(Admission.event_id == event_id, Admission.conflict > "")
        .order_by(
            Admission.resolved_at.is_not(None), Admission.admitted_at.desc(), Admission.serial
        )
        .limit(MOST)
    )
    if not resolved:
        wanted = wanted.where(Admission.resolved_at.is_(None))
    found = (await session.scalars(wanted)).all()
    serials = {admission.serial for admission in found}
    tickets = await session.scalars(
        select(Ticket).where(Ticket.event_id == event_id, Ticket.serial.in_(serials))
    )
    by_serial = {ticket.serial: ticket for ticket in tickets}
    scans = {
        (scan.device_id, scan.number, scan.tag): scan
        for scan in await scans_of(session, event_id, serials)
    }
    states = await states_of(session, event_id, by_serial, serials)
    names = {view.number: view.name for view in await lists_of(session, event_id, archived=True)}
    return [
        _conflict(
            admission, by_serial.get(admission.serial), names, scans, states[admission.serial]
        )
        for admission in found
    ]


def _conflict(
    admission: Admission,
    ticket: Ticket | None,
    names: Mapping[int, str],
    scans: Mapping[Ref, ScanRow],
    state: State,
) -> ConflictRow:
    of = state.lists[admission.list_no]
    greens = sorted((scans[ref] for ref in (*of.greens, *of.old)), key=_by_time)
    lost, old = ({scans[ref].id for ref in refs} for refs in (of.losers, of.old))
    return ConflictRow(
        kind=admission.conflict,
        serial=admission.serial,
        list_no=admission.list_no,
        list_name=names.get(admission.list_no, ""),
        ticket=ticket,
        sides=tuple(
            Side(scan, wins=scan.id not in lost | old, old=scan.id in old) for scan in greens
        ),
        overrides=tuple(scans[ref] for ref in of.overrides),
        resolved_at=admission.resolved_at,
    )


def _by_time(scan: ScanRow) -> tuple[Millis, int, int]:
    return (scan.at, scan.device_id, scan.number)

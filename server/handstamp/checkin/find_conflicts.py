"""Green lights that should have been one, old codes and ended tickets let in: both sides named."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Admission
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
    the last. `sides` are every green light in the order of effective time.
    """

    kind: str
    serial: int
    list_no: int
    list_name: str
    ticket: Ticket | None
    sides: tuple[Side, ...]
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
    scans = await scans_of(session, event_id, serials)
    names = {view.number: view.name for view in await lists_of(session, event_id, archived=True)}
    return [
        ConflictRow(
            kind=admission.conflict,
            serial=admission.serial,
            list_no=admission.list_no,
            list_name=names.get(admission.list_no, ""),
            ticket=by_serial.get(admission.serial),
            sides=_sides(admission, scans, by_serial.get(admission.serial)),
            resolved_at=admission.resolved_at,
        )
        for admission in found
    ]


def _sides(admission: Admission, scans: list[ScanRow], ticket: Ticket | None) -> tuple[Side, ...]:
    green = [
        scan
        for scan in scans
        if scan.serial == admission.serial
        and scan.list_no == admission.list_no
        and scan.kind == "admit"
    ]
    known = max([ticket.epoch if ticket else 0, *(scan.epoch for scan in green)])
    winner = (admission.winner_device, admission.winner_number)
    return tuple(
        Side(
            scan,
            wins=(scan.device_id, scan.number) == winner and scan.epoch == known,
            old=scan.epoch < known,
        )
        for scan in sorted(green, key=lambda scan: (scan.at, scan.device_id, scan.number))
    )

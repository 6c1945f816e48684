"""What the organizer sees while doors are open: who came in where, and how the phones are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.device_credentials import standing
from handstamp.checkin.find_conflicts import count_open
from handstamp.checkin.find_devices import view_of
from handstamp.checkin.list_changes import feed_end
from handstamp.checkin.models import Admission, Device
from handstamp.events.find_events import lists_of
from handstamp.kit.clock import MINUTE, SECOND, Millis
from handstamp.tickets.models import Ticket

RATE_OVER = 5 * MINUTE
HEARD_WITHIN = 90 * SECOND
MOST_DEVICES = 500


@dataclass(frozen=True)
class ListCount:
    """Admissions on one check-in list; `expected` counts valid tickets of its tiers."""

    list_no: int
    name: str
    admitted: int
    expected: int


@dataclass(frozen=True)
class GateCount:
    """Admissions at one gate, by the gate of the device that was first."""

    gate: str
    admitted: int


@dataclass(frozen=True)
class DeviceState:
    """A device on the board; what its phone did not report is None.

    `list_age_s` is its age now; `behind` the feed rows it has not got; `silent`: not heard
    for a minute and a half.
    """

    id: int
    name: str
    gate: str
    kind: str
    standing: str
    last_seen_at: Millis | None
    silent: bool
    pending: int
    behind: int
    list_age_s: int | None
    clock_skew_ms: int
    battery: float | None
    operator: str
    list_no: int | None
    build: str


@dataclass(frozen=True)
class Board:
    """The state of the doors at `at`; `admitted` counts tickets, once each."""

    at: Millis
    tickets: int
    admitted: int
    last_five_minutes: int
    lists: list[ListCount]
    gates: list[GateCount]
    devices: list[DeviceState]
    open_conflicts: int
    unsent: int


async def board(session: AsyncSession, event_id: str, now: Millis) -> Board:
    """Return the live board of an event."""
    admitted = Admission.event_id == event_id, Admission.admitted_at.is_not(None)
    devices = await _devices(session, event_id, now)
    return Board(
        at=now,
        tickets=await session.scalar(
            select(func.count()).where(Ticket.event_id == event_id, Ticket.status == "valid")
        )
        or 0,
        admitted=await session.scalar(
            select(func.count(distinct(Admission.serial))).where(*admitted)
        )
        or 0,
        last_five_minutes=await session.scalar(
            select(func.count()).where(*admitted, Admission.admitted_at > now - RATE_OVER)
        )
        or 0,
        lists=await _lists(session, event_id),
        gates=await _gates(session, event_id),
        devices=devices,
        open_conflicts=await count_open(session, event_id),
        unsent=sum(device.pending for device in devices),
    )


async def admitted_by_event(session: AsyncSession, event_ids: Sequence[str]) -> dict[str, int]:
    """Count the tickets admitted at each of these events."""
    rows = await session.execute(
        select(Admission.event_id, func.count(distinct(Admission.serial)))
        .where(Admission.event_id.in_(event_ids), Admission.admitted_at.is_not(None))
        .group_by(Admission.event_id)
    )
    return {row[0]: row[1] for row in rows}


async def _lists(session: AsyncSession, event_id: str) -> list[ListCount]:
    admitted = await session.execute(
        select(Admission.list_no, func.count())
        .where(Admission.event_id == event_id, Admission.admitted_at.is_not(None))
        .group_by(Admission.list_no)
    )
    by_list = {row[0]: row[1] for row in admitted}
    tickets = await session.execute(
        select(Ticket.tier_no, func.count())
        .where(Ticket.event_id == event_id, Ticket.status == "valid")
        .group_by(Ticket.tier_no)
    )
    by_tier = {row[0]: row[1] for row in tickets}
    return [
        ListCount(
            view.number,
            view.name,
            by_list.get(view.number, 0),
            sum(by_tier.get(tier, 0) for tier in {entry["tier"] for entry in view.rules["tiers"]}),
        )
        for view in await lists_of(session, event_id)
    ]


async def _gates(session: AsyncSession, event_id: str) -> list[GateCount]:
    rows = await session.execute(
        select(Device.gate, func.count())
        .join(Admission, Admission.winner_device == Device.id)
        .where(Admission.event_id == event_id, Admission.admitted_at.is_not(None))
        .group_by(Device.gate)
        .order_by(func.count().desc(), Device.gate)
    )
    return [GateCount(gate, count) for gate, count in rows]


async def _devices(session: AsyncSession, event_id: str, now: Millis) -> list[DeviceState]:
    end = await feed_end(session, event_id)
    rows = await session.scalars(
        select(Device)
        .where(Device.event_id == event_id, Device.kind.in_(("phone", "api")))
        .order_by(Device.revoked_at.is_not(None), Device.name, Device.id)
        .limit(MOST_DEVICES)
    )
    return [_device(device, end.seq if end else 0, now) for device in rows]


def _device(device: Device, seq: int, now: Millis) -> DeviceState:
    report = view_of(device).report
    age, battery, list_no = (report.get(name) for name in ("list_age_s", "battery", "list"))
    seen = device.last_seen_at
    since = max(0, now - seen) // SECOND if seen is not None else 0
    operator = report.get("operator")
    return DeviceState(
        id=device.id,
        name=device.name,
        gate=device.gate,
        kind=device.kind,
        standing=standing(device, now),
        last_seen_at=seen,
        silent=device.kind == "phone" and (seen is None or now - seen > HEARD_WITHIN),
        pending=device.pending,
        behind=max(0, seq - device.cursor_seq) if device.kind == "phone" else 0,
        list_age_s=int(age) + since if isinstance(age, int | float) else None,
        clock_skew_ms=device.clock_skew_ms,
        battery=battery if isinstance(battery, int | float) else None,
        operator=operator if isinstance(operator, str) else "",
        list_no=list_no if isinstance(list_no, int) else None,
        build=device.app_build,
    )

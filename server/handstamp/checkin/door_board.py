"""What the organizer sees while doors are open: who came in where, and how the phones are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.device_credentials import standing
from handstamp.checkin.door_figures import Figures, figures
from handstamp.checkin.find_conflicts import count_open
from handstamp.checkin.find_devices import view_of
from handstamp.checkin.find_kept_claims import KeptClaims, kept_claims
from handstamp.checkin.list_changes import feed_end
from handstamp.checkin.models import Device
from handstamp.checkin.valid_tickets import valid_tickets
from handstamp.events.find_events import lists_of
from handstamp.kit.clock import SECOND, Millis

RATE_OVER = 5
HEARD_WITHIN = 90 * SECOND
MOST_DEVICES = 500
NEARLY = 0.9


@dataclass(frozen=True)
class ListCount:
    """Admissions on one check-in list; `expected` counts valid tickets of its tiers.

    `inside`: who is in now; None on a list where nobody leaves and nobody counts. `capacity`: how
    many may be in, None when nothing is said. `alarm`: '', 'near' (from nine tenths) or 'full'.
    """

    list_no: int
    name: str
    admitted: int
    expected: int
    inside: int | None = None
    capacity: int | None = None
    alarm: str = ""


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
    """The state of the doors at `at`; `admitted` counts tickets, once each.

    `last_five_minutes` counts from the minute's beginning; `minutes` are (start, arrivals) of the
    last hour, the running minute last; `refused` are (verdict, denials), the commonest first;
    `kept` are tickets that phones in strict mode keep to themselves.
    """

    at: Millis
    tickets: int
    admitted: int
    last_five_minutes: int
    lists: list[ListCount]
    gates: list[GateCount]
    devices: list[DeviceState]
    open_conflicts: int
    unsent: int
    minutes: list[tuple[Millis, int]]
    refused: list[tuple[str, int]]
    overrides: int
    kept: KeptClaims


async def board(session: AsyncSession, event_id: str, now: Millis) -> Board:
    """Return the live board of an event."""
    sums = await figures(session, event_id, now)
    by_tier = await valid_tickets(session, event_id)
    devices = await _devices(session, event_id, now)
    return Board(
        at=now,
        tickets=sum(by_tier.values()),
        admitted=sums.admitted,
        last_five_minutes=sums.since(RATE_OVER),
        lists=await _lists(session, event_id, sums, by_tier),
        gates=await _gates(session, event_id, sums),
        devices=devices,
        open_conflicts=await count_open(session, event_id),
        unsent=sum(device.pending for device in devices),
        minutes=sums.minutes,
        refused=sums.refused,
        overrides=sums.overrides,
        kept=await kept_claims(session, event_id, now),
    )


async def _lists(
    session: AsyncSession, event_id: str, sums: Figures, by_tier: dict[int, int]
) -> list[ListCount]:
    return [
        _list(view.number, view.rules, sums, by_tier) for view in await lists_of(session, event_id)
    ]


def _list(number: int, rules: dict[str, Any], sums: Figures, by_tier: dict[int, int]) -> ListCount:
    capacity = rules.get("capacity")
    inside = None
    if capacity or rules.get("entry", "single") != "single":
        inside = sums.inside[number]
    alarm = ""
    if capacity and inside is not None and inside >= capacity * NEARLY:
        alarm = "full" if inside >= capacity else "near"
    return ListCount(
        list_no=number,
        name=rules["name"],
        admitted=sums.by_list[number],
        expected=sum(by_tier.get(tier, 0) for tier in {one["tier"] for one in rules["tiers"]}),
        inside=inside,
        capacity=capacity,
        alarm=alarm,
    )


async def _gates(session: AsyncSession, event_id: str, sums: Figures) -> list[GateCount]:
    rows = await session.execute(select(Device.id, Device.gate).where(Device.event_id == event_id))
    counted: dict[str, int] = {}
    for device, gate in rows:
        if n := sums.by_device[device]:
            counted[gate] = counted.get(gate, 0) + n
    return [
        GateCount(gate, n) for gate, n in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


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

"""How each device's log stands: gaps, forks, broken chains, what may be missing."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.check_logs import fault_of
from handstamp.checkin.models import Device, Fact, ForkHead, LogWatch
from handstamp.checkin.verify_log import LogFault
from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, Millis

SILENT: Millis = 15 * MINUTE

IssueKind = Literal["broken", "fork", "gap", "ended", "waiting", "silent", "refused", "unsigned"]


class LogIssue(NamedTuple):
    """Something odd about a log; none of it keeps the other devices from anything.

    broken: the stored log does not verify, see `fault`.
    fork: the log goes two ways behind fact `number`.
    gap: the device has signed up to fact `until`, the server holds `number`.
    ended: the phone came back with an older log, at `at`.
    waiting: `until` more scans were on the phone when it was last heard, at `at`.
    silent: the pairing has ended, and the phone was last heard before that, at `at`.
    refused: an upload was not stored, at `at`, because of `error` (R40).
    unsigned: the signature of the log's end has not come yet.
    """

    kind: IssueKind
    number: int = 0
    until: int = 0
    at: Millis | None = None
    error: str = ""
    fault: LogFault | None = None


class LogState(NamedTuple):
    """A device's log: the number of its last fact here, the branches' ends, and what is odd."""

    device: Device
    head: int
    ends: tuple[int, ...]
    issues: tuple[LogIssue, ...]
    checked_at: Millis | None


async def log_states(session: AsyncSession, event: Event, now: Millis) -> dict[int, LogState]:
    """Return how the log of every device of an event stands, by device."""
    query = select(Device).where(Device.event_id == event.id).order_by(Device.created_at, Device.id)
    devices = (await session.scalars(query)).all()
    ids = [device.id for device in devices]
    forked = [device.id for device in devices if device.forked_at is not None]
    found = await session.scalars(select(LogWatch).where(LogWatch.device_id.in_(ids)))
    watches = {watch.device_id: watch for watch in found}
    parted, ends = await _parted(session, forked), await _ends(session, forked)
    return {
        device.id: LogState(
            device,
            device.head_number,
            (device.head_number, *ends.get(device.id, ())),
            (
                *_faults(device, watches.get(device.id), parted.get(device.id, 0)),
                *_missing(device, watches.get(device.id), event, now),
            ),
            watches[device.id].checked_at if device.id in watches else None,
        )
        for device in devices
    }


async def _parted(session: AsyncSession, forked: Sequence[int]) -> dict[int, int]:
    """Return the number of the last fact that all branches of a device share."""
    double = (
        select(Fact.device_id, Fact.number)
        .where(Fact.device_id.in_(forked))
        .group_by(Fact.device_id, Fact.number)
        .having(func.count() > 1)
        .subquery()
    )
    query = select(double.c.device_id, func.min(double.c.number)).group_by(double.c.device_id)
    rows = (await session.execute(query)).all() if forked else ()
    return {device: number - 1 for device, number in rows}


async def _ends(session: AsyncSession, forked: Sequence[int]) -> dict[int, list[int]]:
    query = select(ForkHead.device_id, ForkHead.number).where(ForkHead.device_id.in_(forked))
    ends: dict[int, list[int]] = {}
    for device, number in (await session.execute(query)).all() if forked else ():
        ends.setdefault(device, []).append(number)
    return ends


def _faults(device: Device, watch: LogWatch | None, parted: int) -> Iterator[LogIssue]:
    head, fault = device.head_number, fault_of(watch)
    unsigned = device.public_key is not None and head > 0 and device.head_signature is None
    if watch is not None and fault is not None and not (unsigned and fault.code == "unsigned"):
        number = fault.numbers.get("number", 0)
        yield LogIssue("broken", number=number, at=watch.checked_at, fault=fault)
    if device.forked_at is not None:
        yield LogIssue("fork", number=parted, at=device.forked_at)
    if watch is not None and watch.refused:
        yield LogIssue("refused", at=watch.refused_at, error=watch.refused)
    if unsigned:
        yield LogIssue("unsigned", number=head)


def _missing(
    device: Device, watch: LogWatch | None, event: Event, now: Millis
) -> Iterator[LogIssue]:
    head, heard = device.head_number, device.last_seen_at or 0
    if watch is not None and watch.told_number > head:
        yield LogIssue("gap", number=head, until=watch.told_number, at=watch.told_at)
    if device.ended_at is not None:
        yield LogIssue("ended", number=head, at=device.ended_at)
    if device.kind != "phone":
        return
    done = device.revoked_at is not None or now >= device.expires_at
    used_until = event.end_at if device.revoked_at is None else device.revoked_at
    if device.pending > 0 and now - heard > SILENT:
        yield LogIssue("waiting", number=head, until=device.pending, at=device.last_seen_at)
    elif done and heard < used_until:
        yield LogIssue("silent", number=head, at=device.last_seen_at)

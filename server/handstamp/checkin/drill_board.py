"""The door drill as phones reported it: per phone and point, green, red or not known."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.device_credentials import standing
from handstamp.checkin.find_devices import view_of
from handstamp.checkin.models import Device
from handstamp.kit.clock import HOUR, Millis
from handstamp.plumbing.api import JSON_LIMIT

CHECKS = (
    "list_age",
    "storage",
    "camera",
    "worker",
    "self_scan",
    "clock",
    "battery",
    "outbox",
    "build",
    "key",
)
OLD_AFTER = 6 * HOUR
MOST_DEVICES = 500
_VALUE = 60
_ORDER = ("red", "never", "old", "ready")


@dataclass(frozen=True)
class DrillCheck:
    """A point of the drill: `ok` is None where the phone cannot know; `value` as it said it."""

    id: str
    ok: bool | None
    value: str


@dataclass(frozen=True)
class DrillRow:
    """A phone and its last drill.

    `state`: `ready` (nothing red), `red`, `old` (nothing red, but more than six hours ago) or
    `never`. `age_ms` and `checks` are of the last report, None and empty when there is none; the
    checks stand in the order of `CHECKS`, those that it did not name with `ok` None.
    """

    device: int
    name: str
    gate: str
    operator: str
    last_seen_at: Millis | None
    state: str
    age_ms: Millis | None
    checks: tuple[DrillCheck, ...]

    @property
    def reds(self) -> tuple[DrillCheck, ...]:
        """The points that need a hand."""
        return tuple(check for check in self.checks if check.ok is False)


async def drill_board(session: AsyncSession, event_id: str, now: Millis) -> list[DrillRow]:
    """Return the phones that may scan: those that need a hand first, then by name."""
    found = await session.scalars(
        select(Device)
        .where(Device.event_id == event_id, Device.kind == "phone", Device.revoked_at.is_(None))
        .order_by(Device.name, Device.id)
        .limit(MOST_DEVICES)
    )
    rows = [_row(device, now) for device in found if standing(device, now) != "expired"]
    return sorted(rows, key=lambda row: _ORDER.index(row.state))


def _row(device: Device, now: Millis) -> DrillRow:
    report = view_of(device).report
    at, checks = read_drill(report.get("drill"))
    operator = report.get("operator")
    age = max(0, now - at) if at is not None else None
    return DrillRow(
        device=device.id,
        name=device.name,
        gate=device.gate,
        operator=operator if isinstance(operator, str) else "",
        last_seen_at=device.last_seen_at,
        state=_state(checks, age),
        age_ms=age,
        checks=checks,
    )


def _state(checks: tuple[DrillCheck, ...], age: Millis | None) -> str:
    if age is None:
        return "never"
    if any(check.ok is False for check in checks):
        return "red"
    return "old" if age > OLD_AFTER else "ready"


def read_drill(sent: Any) -> tuple[Millis | None, tuple[DrillCheck, ...]]:
    """Read what a phone said of its drill; whatever is not of that shape counts as not said."""
    if not isinstance(sent, dict):
        return None, ()
    at, listed = sent.get("at"), sent.get("checks")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < JSON_LIMIT:
        return None, ()
    if not isinstance(listed, list):
        return None, ()
    said = {
        check["id"]: check
        for check in listed
        if isinstance(check, dict) and isinstance(check.get("id"), str)
    }
    return int(at), tuple(_check(name, said.get(name, {})) for name in CHECKS)


def _check(name: str, said: dict[str, Any]) -> DrillCheck:
    ok, value = said.get("ok"), said.get("value")
    return DrillCheck(
        name,
        ok if isinstance(ok, bool) else None,
        value[:_VALUE] if isinstance(value, str) else "",
    )

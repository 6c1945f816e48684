"""What hand-ins show of logs besides their facts: ends of branches, gaps, refused uploads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Insert, bindparam, case, delete, insert

from handstamp.checkin.models import ForkHead, LogWatch
from handstamp.checkin.store import insert_for
from handstamp.kit.clock import MINUTE, Millis

REFUSED_EVERY: Millis = MINUTE  # anyone may send a wrong log; what is noted of it is bounded

_DROP_FORK = delete(ForkHead).where(
    ForkHead.device_id == bindparam("b_device"),
    ForkHead.number == bindparam("b_number"),
    ForkHead.tag == bindparam("b_tag"),
)
_ADD_FORK = insert(ForkHead)


class BranchEnd(NamedTuple):
    """A fact (its number and tag) that ends a branch, and the device's signature of it."""

    device: int
    number: int
    tag: int
    signature: bytes


@dataclass
class SeenLogs:
    """What one batch has to write about logs; all of it is rare, and most batches have none."""

    ends: list[BranchEnd] = field(default_factory=list)
    passed: list[tuple[int, int, int]] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    def note_end(self, end: BranchEnd, before: Sequence[tuple[int, int]]) -> None:
        """Keep the signed end of a branch; the (number, tag) `before` it are ends no more."""
        self.passed += [(end.device, number, tag) for number, tag in before]
        self.ends.append(end)

    def note_told(self, device: int, number: int) -> None:
        """Keep that a device has signed up to a number which the server does not hold."""
        self.told[device] = max(number, self.told.get(device, 0))

    def note_refused(self, device: int, error: str) -> None:
        """Keep that a log in this device's name was not stored."""
        self.refused[device] = error

    def write(self, connection: Connection, now: Millis) -> None:
        """Store what was noted."""
        if self.passed:
            gone = [{"b_device": d, "b_number": n, "b_tag": t} for d, n, t in self.passed]
            connection.execute(_DROP_FORK, gone)
        if self.ends:
            ends = {one[:3]: one._asdict() for one in self.ends}
            rows = [_row(end, now) for end in ends.values()]
            connection.execute(_ADD_FORK, rows)
        dialect = connection.dialect.name
        if self.told:
            rows = [
                {"device_id": device, "told_number": number, "told_at": now}
                for device, number in sorted(self.told.items())
            ]
            connection.execute(_told(dialect), rows)
        if self.refused:
            rows = [
                {"device_id": device, "refused": error, "refused_at": now}
                for device, error in sorted(self.refused.items())
            ]
            connection.execute(_refused(dialect), rows)


def _row(end: dict[str, Any], now: Millis) -> dict[str, Any]:
    return {
        "device_id": end["device"],
        "number": end["number"],
        "tag": end["tag"],
        "signature": end["signature"],
        "received_at": now,
    }


@lru_cache
def _told(dialect: str) -> Insert:
    made = insert_for(dialect, LogWatch)
    further = LogWatch.told_number < made.excluded.told_number
    return made.on_conflict_do_update(
        index_elements=["device_id"],
        set_={
            "told_number": case((further, made.excluded.told_number), else_=LogWatch.told_number),
            "told_at": made.excluded.told_at,
        },
    )


@lru_cache
def _refused(dialect: str) -> Insert:
    made = insert_for(dialect, LogWatch)
    return made.on_conflict_do_update(
        index_elements=["device_id"],
        set_={"refused": made.excluded.refused, "refused_at": made.excluded.refused_at},
        where=(LogWatch.refused_at.is_(None))
        | (LogWatch.refused != made.excluded.refused)
        | (LogWatch.refused_at <= made.excluded.refused_at - REFUSED_EVERY),
    )

"""Sums of an event's door, moved in the transaction that changes what they sum: boards only read.

A sum is named by (`what`, `list_no`, `place`):
`admitted`: tickets on a list, by the device that was first; `inside`: tickets that are in, on a
list; `minute`: tickets on a list, by the minute they came in; `tickets`: tickets, once each,
whatever the lists; `fact`: facts, with the kind in `list_no` and the verdict in `place`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, select

from handstamp.checkin import store
from handstamp.checkin.models import Admission, DoorSum
from handstamp.kit.clock import MINUTE

ADMITTED, INSIDE, BY_MINUTE, TICKETS, FACTS = "admitted", "inside", "minute", "tickets", "fact"
Moves = Counter[tuple[str, int, int]]

_BEFORE = select(
    Admission.serial,
    Admission.list_no,
    Admission.admitted_at,
    Admission.winner_device,
    Admission.inside,
).where(
    Admission.event_id == bindparam("event"),
    Admission.serial.in_(bindparam("serials", expanding=True)),
)


def move_admissions(
    connection: Connection, event_id: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Move the sums from what `tickets_admissions` holds to `rows`; call it before writing them."""
    moves: Moves = Counter()
    serials = {row["serial"] for row in rows}
    held: dict[tuple[int, int], Mapping[str, Any]] = {
        (row["serial"], row["list_no"]): dict(row)
        for row in connection.execute(
            _BEFORE, {"event": event_id, "serials": list(serials)}
        ).mappings()
    }
    moves.subtract(_admitted_once(held))
    for row in rows:
        key = row["serial"], row["list_no"]
        if key in held:
            moves.subtract(_sums_of(held[key]))
        moves.update(_sums_of(row))
        held[key] = row
    moves.update(_admitted_once(held))
    _write(connection, event_id, moves)


def count_facts(connection: Connection, event_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add new facts to the sums."""
    counted: Moves = Counter((FACTS, row["kind"], row["verdict"]) for row in rows)
    _write(connection, event_id, counted)


def _sums_of(row: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    if row["admitted_at"] is not None:
        yield ADMITTED, row["list_no"], row["winner_device"]
        yield BY_MINUTE, row["list_no"], row["admitted_at"] // MINUTE
    if row["inside"]:
        yield INSIDE, row["list_no"], 0


def _admitted_once(
    held: Mapping[tuple[int, int], Mapping[str, Any]],
) -> Iterator[tuple[str, int, int]]:
    for _serial in {serial for (serial, _), row in held.items() if row["admitted_at"] is not None}:
        yield TICKETS, 0, 0


def _write(connection: Connection, event_id: str, moves: Moves) -> None:
    rows = [
        {"event_id": event_id, "what": what, "list_no": list_no, "place": place, "n": by}
        for (what, list_no, place), by in sorted(moves.items())
        if by
    ]
    if rows:
        connection.execute(_add(connection.dialect.name), rows)


@lru_cache
def _add(dialect: str) -> Insert:
    made = store.insert_for(dialect, DoorSum)
    return made.on_conflict_do_update(
        index_elements=["event_id", "what", "list_no", "place"],
        set_={"n": DoorSum.n + made.excluded.n},
    )

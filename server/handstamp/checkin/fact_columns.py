"""The facts of a snapshot as columns. Twin: pwa/src/core/fact-columns.js.

Vectors: shared/vectors/wire. Facts stand by device, number and tag.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter, sub

from handstamp.checkin.columns import decode_numbers, encode_numbers, signed, unsigned
from handstamp.checkin.layout import Reader
from handstamp.checkin.rows import FactRow, Ref

_PLAIN = [itemgetter(FactRow._fields.index(name)) for name in
          ("kind", "list_no", "rule_rev", "epoch", "how", "flags")]  # fmt: skip


def encode_facts(facts: Iterable[FactRow], serials: Sequence[int]) -> bytes:
    """Return the columns of R38; `serials` are those of the ticket columns, in their order."""
    rows = sorted(facts)
    runs = [list(run) for _, run in groupby(rows, key=itemgetter(0))]
    ticket_of = {serial: number for number, serial in enumerate(serials, 1)}
    columns = [
        [run[0].device for run in runs],
        [len(run) for run in runs],
        [step for run in runs for step in _steps([row.number for row in run])],
        [row.tag for row in rows],
        [ticket_of.get(row.serial, 0) for row in rows],
        [row.serial for row in rows if row.serial not in ticket_of],
        [signed(step) for run in runs for step in _steps([row.time for row in run])],
        *(list(map(member, rows)) for member in _PLAIN),
        *_ref_columns(rows),
    ]
    return b"".join(map(encode_numbers, columns))


def _steps(values: list[int]) -> list[int]:
    return [values[0], *map(sub, values[1:], values)]


def _ref_columns(rows: Sequence[FactRow]) -> list[list[int]]:
    """Return how many refs each fact has seen, the refs, the targets, and refs not held here."""
    naming = any(row.seen or row.target for row in rows)
    place = {row[:3]: number for number, row in enumerate(rows, 1)} if naming else {}
    elsewhere: list[Ref] = []
    seen: list[int] = []
    targets: list[int] = []

    def number_of(ref: Ref) -> int:
        number = place.get(ref, 0)
        if not number:
            elsewhere.append(ref)
        return number

    for row in rows:
        seen.extend(map(number_of, row.seen))
        targets.append(0 if row.target is None else number_of(row.target) + 1)
    counts = [len(row.seen) for row in rows]
    return [counts, seen, targets, *([ref[member] for ref in elsewhere] for member in range(3))]


def decode_facts(read: Reader, serials: Sequence[int]) -> list[FactRow]:
    """Read the columns of R38.

    Raises:
        ValueError: they are cut short or do not fit each other.
    """
    devices, sizes, numbers, tags, tickets, others, times = (decode_numbers(read) for _ in range(7))
    plain = [decode_numbers(read) for _ in _PLAIN]
    device_of = [device for device, size in zip(devices, sizes, strict=True) for _ in range(size)]
    number_of = _sums(sizes, numbers)
    time_of = _sums(sizes, [unsigned(step) for step in times])
    unlisted = iter(others)
    serial_of = [serials[ticket - 1] if ticket else next(unlisted) for ticket in tickets]
    refs = list(zip(device_of, number_of, tags, strict=True))
    seen, targets = _decode_refs(read, refs)
    kinds, lists, rules, epochs, hows, flags = plain
    rows = zip(
        device_of, number_of, tags, kinds, lists, rules, serial_of, epochs, hows, flags,
        time_of, seen, targets, strict=True,
    )  # fmt: skip
    return [FactRow(*row) for row in rows]


def _sums(sizes: list[int], steps: list[int]) -> list[int]:
    """Undo `_steps` in each run."""
    sums: list[int] = []
    left = iter(steps)
    for size in sizes:
        value = 0
        for _ in range(size):
            value += next(left)
            sums.append(value)
    return sums


def _decode_refs(read: Reader, refs: list[Ref]) -> tuple[list[tuple[Ref, ...]], list[Ref | None]]:
    counts, numbers, targets, *members = (decode_numbers(read) for _ in range(6))
    elsewhere = iter(list(zip(*members, strict=True)))
    left = iter(numbers)

    def ref_of(number: int) -> Ref:
        return refs[number - 1] if number else next(elsewhere)

    seen: list[tuple[Ref, ...]] = []
    target: list[Ref | None] = []
    for count, number in zip(counts, targets, strict=True):
        seen.append(tuple([ref_of(next(left)) for _ in range(count)]))
        target.append(ref_of(number - 1) if number else None)
    return seen, target

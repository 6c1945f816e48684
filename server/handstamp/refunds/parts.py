"""What a refund gives back of price, fee and tax; pure.

The rounding of tickets of a line, written once: each of the three is the tickets' share of what is
left of it, half up to the minor unit; the last tickets of a line take the rest. So the parts of all
tickets sum to the line, in whatever order they go back. An amount without tickets is divided in
proportion by the largest remainder (`ledger.rules.split`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from handstamp.ledger.rules import Parts, split

NO_TICKETS = "{}"  # asked for as an amount: every ticket stays valid


class LineLeft(NamedTuple):
    """What of an order's line has not been given back: tickets, and money in minor units."""

    id: str
    qty: int
    parts: Parts


@dataclass(frozen=True)
class Divided:
    """A refund's parts in minor units; `lines` are by line, (net, fee, tax) each."""

    parts: Parts
    lines: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)


class StoredLine(Protocol):
    """A line of an order as it is stored."""

    id: Any
    qty: Any
    fee: Any
    tax: Any
    total: Any


class StoredRefund(Protocol):
    """A refund as it is stored."""

    lines_json: Any
    parts_json: Any


class Choice(Protocol):
    """A refund as it is stored, as far as tickets were chosen for it."""

    tickets_json: Any


def of_tickets(line: LineLeft, qty: int) -> Parts:
    """Return what `qty` tickets of a line give back.

    Raises:
        ValueError: the line has not so many left.
    """
    if not 0 < qty <= line.qty:
        raise ValueError("not so many tickets are left")
    return Parts(
        net_tickets=_share(line.parts.net_tickets, qty, line.qty),
        fees=_share(line.parts.fees, qty, line.qty),
        tax=_share(line.parts.tax, qty, line.qty),
    )


def plus(one: Parts, other: Parts, sign: int = 1) -> Parts:
    """Return two parts added, or with `sign` -1 the difference."""
    return Parts(
        one.net_tickets + sign * other.net_tickets,
        one.fees + sign * other.fees,
        one.tax + sign * other.tax,
        one.deposits + sign * other.deposits,
    )


def fitted(amount: int, wanted: Parts | None, left: Parts) -> Parts:
    """Return `wanted` where it is the amount and is still there, else the amount in proportion."""
    if wanted is not None and wanted.total == amount:
        rest = plus(left, wanted, -1)
        if min(rest.net_tickets, rest.fees, rest.tax, rest.deposits) >= 0:
            return wanted
    return split(min(amount, left.total), left)


def lines_left(lines: Iterable[StoredLine], refunds: Iterable[StoredRefund]) -> list[LineLeft]:
    """Return what is left of lines after refunds (those that stand), also where that is nothing.

    A refund of all that was left counts once its tickets are told apart, in `lines_json`.
    """
    gone = [(lines_of(one), divided_of(one)) for one in refunds]
    found = []
    for line in lines:
        net = line.total - line.fee - line.tax
        left = LineLeft(line.id, line.qty, Parts(net, line.fee, line.tax))
        for tickets, divided in gone:
            named = divided is not None and left.id in tickets
            back = divided.lines.get(left.id, (0, 0, 0)) if divided and named else (0, 0, 0)
            left = LineLeft(
                left.id,
                left.qty - tickets.get(left.id, 0),
                plus(left.parts, Parts(*back), -1),
            )
        found.append(left)
    return found


def lines_of_rest(left: Iterable[LineLeft], parts: Parts) -> dict[str, tuple[int, int, int]]:
    """Return what each line gives back when all that is left of them goes; {} if `parts` differ."""
    given = {line.id: line.parts for line in left if line.qty > 0}
    total = Parts()
    for one in given.values():
        total = plus(total, one)
    if total != parts:
        return {}
    return {line: (one.net_tickets, one.fees, one.tax) for line, one in given.items()}


def lines_of(refund: StoredRefund) -> dict[str, int]:
    """Return how many tickets of which lines a refund is for."""
    found = json.loads(refund.lines_json or NO_TICKETS)
    return {str(line): int(qty) for line, qty in found.items()}


def tickets_of(refund: Choice) -> frozenset[int]:
    """Return the ids of the tickets that somebody chose for a refund; empty where nobody did."""
    return frozenset(json.loads(refund.tickets_json or "[]"))


def divided_of(refund: StoredRefund) -> Divided | None:
    """Return the parts that were decided for a refund; None where they were not."""
    if not refund.parts_json:
        return None
    found = json.loads(refund.parts_json)
    parts = Parts(found["net"], found["fee"], found["tax"], found.get("deposits", 0))
    return Divided(parts, {line: (n, f, t) for line, (n, f, t) in found["lines"].items()})


def written(divided: Divided) -> str:
    """Write parts as a refund keeps them."""
    parts = divided.parts
    values = {"net": parts.net_tickets, "fee": parts.fees, "tax": parts.tax}
    if parts.deposits:
        values["deposits"] = parts.deposits
    return json.dumps({**values, "lines": {line: list(of) for line, of in divided.lines.items()}})


def with_parts(divided: Divided, parts: Parts) -> Divided:
    """Return the same lines with other parts of the whole."""
    return replace(divided, parts=parts)


def _share(whole: int, qty: int, of: int) -> int:
    return whole if qty == of else (2 * whole * qty + of) // (2 * of)

"""Whether what a refund brought back was given again by a later one; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handstamp.kit.clock import Millis
from handstamp.refunds.rules import TAKEN_BACK

_CAME_BACK, _ASKED = 0, 1


class Try(NamedTuple):
    """A refund of a payment: `amount` in minor units, `known_at` when its end became known.

    `lines`: by order item how many tickets it is for; empty for an amount, or where nobody said.
    """

    status: str
    amount: int
    asked_at: Millis
    known_at: Millis
    lines: Mapping[str, int]


@dataclass
class _Owed:
    place: int
    amount: int
    lines: dict[str, int]


def is_owed_still(tries: Sequence[Try]) -> bool:
    """Tell whether some money of a payment came back and no later refund is for it.

    A later refund is one that was asked for once the failure was known: what was on its way
    before was meant for something else. One for other tickets does not count either; one for an
    amount does, up to that amount. A second try that fails as well is owed itself.
    """
    owed: list[_Owed] = []
    steps = [(one.asked_at, _ASKED, place) for place, one in enumerate(tries)]
    steps += [
        (one.known_at, _CAME_BACK, place)
        for place, one in enumerate(tries)
        if one.status in TAKEN_BACK
    ]
    for _at, what, place in sorted(steps):
        if what == _CAME_BACK:
            owed.append(_Owed(place, tries[place].amount, dict(tries[place].lines)))
        else:
            _give([one for one in owed if one.place != place], tries[place])
    return any(one.amount > 0 for one in owed)


def _give(owed: Sequence[_Owed], again: Try) -> None:
    """Take what a refund gives from what is owed, the oldest first."""
    tickets, left = dict(again.lines), again.amount
    for one in owed:
        if tickets and one.lines:
            for line in one.lines.keys() & tickets.keys():
                taken = min(one.lines[line], tickets[line])
                one.lines[line] -= taken
                tickets[line] -= taken
            if not any(one.lines.values()):
                left -= one.amount
                one.amount = 0
        else:
            taken = min(one.amount, max(left, 0))
            one.amount -= taken
            left -= taken

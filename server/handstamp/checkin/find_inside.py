"""How many are inside by a list, for whoever must warn that it is full (R58)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from handstamp.checkin.door_sums import INSIDE
from handstamp.checkin.models import Admission, DoorSum
from handstamp.checkin.project_admissions import state_of
from handstamp.checkin.verdict import ListRules

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch

_INSIDE = select(DoorSum.n).where(
    DoorSum.event_id == bindparam("event"),
    DoorSum.what == INSIDE,
    DoorSum.list_no == bindparam("list"),
    DoorSum.place == 0,
)
_WHO = select(Admission.serial).where(
    Admission.event_id == bindparam("event"),
    Admission.list_no == bindparam("list"),
    Admission.inside.is_(True),
    Admission.serial.in_(bindparam("serials", expanding=True)),
)


@dataclass
class InsideCount:
    """A list's count as it moves within a batch; `read` of the batch's moves are in it.

    `inside`: those of the `known` tickets that are counted as inside.
    """

    total: int
    inside: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    read: int = 0

    def follow(self, batch: "Batch", list_no: int) -> int:
        """Take in what the batch has added or made void since, and return the count."""
        moved = set(batch.moves[self.read :])
        self.read = len(batch.moves)
        if fresh := moved - self.known:  # nothing of this batch is stored yet
            asked = {"event": batch.event_id, "list": list_no, "serials": list(fresh)}
            self.inside.update(batch.connection.execute(_WHO, asked).scalars())
            self.known |= fresh
        for serial in moved:
            of = state_of(batch, serial).lists.get(list_no)
            self.total += (of is not None and of.inside) - (serial in self.inside)
            (self.inside.add if of is not None and of.inside else self.inside.discard)(serial)
        return self.total


def inside_of(batch: "Batch", rules: ListRules) -> int | None:
    """Return the inside count at this moment; None when the list warns at no number."""
    if rules.entry.capacity is None:
        return None
    count = batch.insides.get(rules.list_no)
    if count is None:
        asked = {"event": batch.event_id, "list": rules.list_no}
        total = batch.connection.execute(_INSIDE, asked).scalar() or 0
        count = batch.insides[rules.list_no] = InsideCount(total)
    return count.follow(batch, rules.list_no)

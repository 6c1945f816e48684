"""How many are inside by a list, for whoever must warn that it is full (R58)."""

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from handstamp.checkin.door_sums import INSIDE
from handstamp.checkin.models import DoorSum
from handstamp.checkin.verdict import ListRules

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch

_INSIDE = select(DoorSum.n).where(
    DoorSum.event_id == bindparam("event"),
    DoorSum.what == INSIDE,
    DoorSum.list_no == bindparam("list"),
    DoorSum.place == 0,
)


def inside_of(batch: "Batch", rules: ListRules) -> int | None:
    """Return the inside count before this batch; None when the list warns at no number."""
    if rules.entry.capacity is None:
        return None
    asked = {"event": batch.event_id, "list": rules.list_no}
    return batch.connection.execute(_INSIDE, asked).scalar() or 0

"""What a fact's maker was granted: worked out once, when the root takes the fact in (R56)."""

from typing import TYPE_CHECKING

from handstamp.checkin import store
from handstamp.checkin.entry_rules import UNDO_S, entry_rules_of
from handstamp.checkin.undo import grants
from handstamp.checkin.wire import BY_SUPERVISOR, OVERRIDE, UNDO, Fact, decode_fact

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch

SUPERVISOR = "supervisor"


def granted_to(batch: "Batch", fact: Fact) -> int:
    """Return the bits of R36 for a new undo or override; 0 for every other fact."""
    if fact.kind not in (UNDO, OVERRIDE):
        return 0
    named = batch.rules.get(fact.list_no, {}).get(fact.rule_rev)
    supervisor = _decided_as_supervisor(batch, fact)
    return grants(
        fact,
        None if supervisor else _target(batch, fact),
        supervisor=supervisor,
        undo_s=UNDO_S if named is None else entry_rules_of(named).undo_s,
    )


def _decided_as_supervisor(batch: "Batch", fact: Fact) -> bool:
    if batch.devices[fact.device].role == SUPERVISOR:
        return True
    return bool(fact.flags & BY_SUPERVISOR) and batch.has_pin


def _target(batch: "Batch", fact: Fact) -> Fact | None:
    """Return the undone fact of the same device, taken in just now or held."""
    if fact.target is None or fact.target[0] != fact.device:
        return None
    device, number, tag = fact.target
    for row in reversed(batch.new_rows):
        if (row["device_id"], row["number"], row["tag"]) == (device, number, tag):
            return decode_fact(row["bytes"])
    asked = {"device": device, "number": number, "tag": tag}
    raw = batch.connection.execute(store.BYTES_OF_FACT, asked).scalar()
    return None if raw is None else decode_fact(raw)

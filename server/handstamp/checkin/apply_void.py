"""A device's facts become void: from one number on they count as not there (R53)."""

from typing import TYPE_CHECKING

from handstamp.checkin import store
from handstamp.checkin.wire import VOID, Fact

if TYPE_CHECKING:
    from handstamp.checkin.batch import Batch

AT_ONCE = 500
SERVER = "server"


def apply(batch: "Batch", fact: Fact) -> None:
    """Let a void take effect: only the server's own counts, and only for a device of the event."""
    if fact.kind != VOID or fact.target is None or batch.devices[fact.device].kind != SERVER:
        return
    device, number, _tag = fact.target
    batch.load_devices([device])
    voided = batch.devices.get(device)
    if voided is None or number >= batch.voids.get(device, number + 1):
        return
    batch.voids[device] = number
    batch.change_device(device, {"void_from": number})
    asked = {"device": device, "number": number}
    serials = sorted(batch.connection.execute(store.SERIALS_OF_DEVICE, asked).scalars())
    batch.touched.update(serials)
    for start in range(0, len(serials), AT_ONCE):
        batch.load_tickets(serials[start : start + AT_ONCE])
    batch.moves += serials
    batch.moves += [row["serial"] for row in batch.new_rows if row["device_id"] == device]

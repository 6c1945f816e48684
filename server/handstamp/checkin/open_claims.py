"""Claims of strict mode as one transaction at the door sees and changes them (R64-R66)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from handstamp.checkin import store
from handstamp.checkin.wire import ADMIT, CLAIMED, OVERRIDE, Fact
from handstamp.kit.clock import Millis

MOST_ASKS = 64
ASK = "^[0-9A-Za-z_-]{16,64}$"  # ids under which a phone asks (R64)


class Place(NamedTuple):
    """What at most one open claim is for."""

    list_no: int
    serial: int
    epoch: int


@dataclass
class HeldClaim:
    """One row of `tickets_claims`; `id` is None until it is stored."""

    id: int | None
    device: int
    place: Place
    gate: str
    asks: set[str]
    dropped: set[str]
    granted_at: Millis | None
    ended_at: Millis | None = None
    ended_by: str = ""
    changed: bool = False

    def end(self, now: Millis, why: str) -> None:
        """End it; what ended before stays as it ended."""
        self.ended_at, self.ended_by, self.changed = now, why, True

    def columns(self) -> dict[str, Any]:
        """Return what of it may change, as it is stored."""
        return {
            "asks": " ".join(sorted(self.asks)),
            "dropped": " ".join(sorted(self.dropped)),
            "ended_at": self.ended_at,
            "ended_by": self.ended_by,
        }


@dataclass
class OpenClaims:
    """The claims of the tickets and devices that a batch touches, ended ones too."""

    held: list[HeldClaim] = field(default_factory=list)

    def load(
        self,
        connection: Connection,
        event_id: str,
        serials: Collection[int],
        devices: Collection[int],
    ) -> None:
        """Read every claim for these tickets, and the open ones of these devices."""
        asked = {"event": event_id, "serials": list(serials), "ids": list(devices)}
        for row in connection.execute(store.CLAIMS, asked):
            self.held.append(
                HeldClaim(
                    row.id,
                    row.device_id,
                    Place(row.list_no, row.serial, row.epoch),
                    row.gate,
                    set(row.asks.split()),
                    set(row.dropped.split()),
                    row.granted_at,
                    row.ended_at,
                    row.ended_by,
                )
            )

    def open_on(self, place: Place) -> HeldClaim | None:
        """Return the one open claim there."""
        return next((one for one in self.held if one.place == place and one.ended_at is None), None)

    def is_kept(self, serial: int, epoch: int) -> bool:
        """Tell whether a phone is about to let this ticket in, on whichever list."""
        kept = (one.place for one in self.held if one.ended_at is None)
        return any((place.serial, place.epoch) == (serial, epoch) for place in kept)

    def asked(self, device: int, place: Place, ask: str) -> HeldClaim | None:
        """Return the claim that a device asked for, or dropped, under this id."""
        for one in self.held:
            if one.device == device and one.place == place and ask in one.asks | one.dropped:
                return one
        return None

    def count_open(self, device: int) -> int:
        """Return how many claims of a device are open."""
        return sum(one.device == device and one.ended_at is None for one in self.held)

    def grant(self, device: int, place: Place, ask: str, *, gate: str, now: Millis) -> HeldClaim:
        """Open a claim; there must be none there."""
        claim = HeldClaim(None, device, place, gate, {ask}, set(), now)
        self.held.append(claim)
        return claim

    def drop(self, device: int, place: Place, ask: str, now: Millis) -> None:
        """Take note that a device does not use what it asked for under this id (R65)."""
        claim = self.asked(device, place, ask)
        if claim is None:
            self.held.append(HeldClaim(None, device, place, "", set(), {ask}, None, now, "unused"))
            return
        if claim.ended_at is not None or ask in claim.dropped:
            return
        claim.asks.discard(ask)
        claim.dropped.add(ask)
        claim.changed = True
        if not claim.asks:
            claim.end(now, "unused")

    def settle(self, fact: Fact, now: Millis) -> bool:
        """End what a new fact ends; tell whether a claim backs it (R66)."""
        if fact.kind not in (ADMIT, OVERRIDE):
            return False
        place = Place(fact.list_no, fact.serial, fact.epoch)
        claim = self.open_on(place)
        granted = self._granted(fact, place)
        if fact.kind == OVERRIDE:
            if claim is not None:
                claim.end(now, "override")
            return False
        if claim is not None and claim.device == fact.device:
            claim.end(now, "fact")
        if granted is not None:
            granted.end(now, "fact")
        return granted is not None

    def _granted(self, fact: Fact, place: Place) -> HeldClaim | None:
        if not fact.flags & CLAIMED:
            return None
        for one in self.held:
            same = one.device == fact.device and one.place == place
            if same and one.granted_at == fact.claimed and one.ended_by not in ("fact", "unused"):
                return one
        return None

    def write(self, connection: Connection, event_id: str) -> None:
        """Store what was opened and what changed."""
        changed = [one for one in self.held if one.id is not None and one.changed]
        if changed:
            rows = [{"b_claim": one.id, **one.columns()} for one in changed]
            connection.execute(store.CHANGE_CLAIMS, rows)
        fresh = [one for one in self.held if one.id is None]
        if fresh:
            rows = [
                {
                    "event_id": event_id,
                    "device_id": one.device,
                    **one.place._asdict(),
                    "gate": one.gate,
                    "granted_at": one.granted_at,
                    **one.columns(),
                }
                for one in fresh
            ]
            connection.execute(store.ADD_CLAIMS, rows)

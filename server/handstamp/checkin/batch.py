"""One transaction at one event's door: what it read, what it adds, and how that is written."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection

from handstamp.checkin import apply_void, door_sums, follow_pool, project_admissions, store
from handstamp.checkin.find_inside import InsideCount
from handstamp.checkin.fold import fact_of_row
from handstamp.checkin.follow_pool import POOL
from handstamp.checkin.granted import granted_to
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.number_changes import Head
from handstamp.checkin.open_claims import OpenClaims
from handstamp.checkin.seen_logs import SeenLogs
from handstamp.checkin.stored_facts import SERVER_KINDS, stored_columns
from handstamp.checkin.wire import DENY, NO_DIGEST, decode_fact, row_of
from handstamp.checkin.wire import Fact as WireFact
from handstamp.kit.clock import Millis

Rules = dict[int, dict[int, dict[str, Any]]]  # list -> revision -> rules


@dataclass
class DoorDevice:
    """A device's row as the batch sees and changes it."""

    id: int
    kind: str
    name: str
    gate: str
    lists: str
    expires_at: Millis
    revoked_at: Millis | None
    head_number: int
    head_hash: bytes
    forked_at: Millis | None
    head_signature: bytes | None = None
    role: str = ""
    void_from: int | None = None
    moved: bool = False

    def ended(self, now: Millis) -> bool:
        """Tell whether the pairing is revoked or expired."""
        return self.revoked_at is not None or now >= self.expires_at


@dataclass(frozen=True)
class HeldFact:
    """What the server already has under a number and tag of a device's log."""

    hash: bytes
    stamp: Millis


@dataclass(frozen=True)
class DoorTicket:
    """The columns of a ticket that a decision needs."""

    serial: int
    tier: int
    status: str
    epoch: int
    digest: bytes
    name: str
    printed_id: str
    order: str
    status_at: Millis
    code: bytes | None = None
    external: str | None = None

    def was_read(self, digest: bytes, epoch: int) -> bool:
        """Tell whether the digest is of its token or of its code from elsewhere (R46)."""
        return epoch == self.epoch and digest != NO_DIGEST and digest in (self.digest, self.code)


@dataclass
class Batch:
    """What one group commit holds in memory between its reads and its writes."""

    connection: Connection
    head: Head
    now: Millis
    devices: dict[int, DoorDevice] = field(default_factory=dict)
    tickets: dict[int, DoorTicket] = field(default_factory=dict)
    facts: dict[int, list[FoldFact]] = field(default_factory=dict)
    held: dict[tuple[int, int], dict[int, HeldFact]] = field(default_factory=dict)
    device_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_rows: list[dict[str, Any]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    moves: list[int] = field(default_factory=list)  # tickets, each time their facts changed
    answers: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    new_answers: list[dict[str, Any]] = field(default_factory=list)
    voids: dict[int, int] = field(default_factory=dict)
    loaded: set[int] = field(default_factory=set)
    claims: OpenClaims = field(default_factory=OpenClaims)
    insides: dict[int, InsideCount] = field(default_factory=dict)
    seen_logs: SeenLogs = field(default_factory=SeenLogs)

    @property
    def event_id(self) -> str:
        """The event whose lock is held."""
        return self.head.event_id

    @cached_property
    def rules(self) -> Rules:
        """Every revision of every check-in list of the event."""
        rules: Rules = {}
        for list_no, rev, text in self.connection.execute(store.RULES, {"event": self.event_id}):
            rules.setdefault(list_no, {})[rev] = parsed_rules(text)
        return rules

    @cached_property
    def has_pin(self) -> bool:
        """Whether a supervisor may decide at a steward's phone (R63)."""
        return bool(
            self.connection.execute(store.SUPERVISOR_PIN, {"event": self.event_id}).scalar()
        )

    def load_devices(self, ids: Collection[int]) -> None:
        """Read the devices of this event among `ids`."""
        asked = {"event": self.event_id, "ids": list(ids)}
        for row in self.connection.execute(store.DEVICES, asked):
            device = self.devices.setdefault(row.id, DoorDevice(*row))
            if device.void_from is not None:
                self.voids.setdefault(row.id, device.void_from)

    def load_held(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Read which facts are held in each (device, first number, last number)."""
        for device, first, last in spans:
            asked = {"device": device, "first": first, "last": last}
            for number, tag, hash_, stamp in self.connection.execute(store.HELD, asked):
                held = self.held.setdefault((device, number), {})
                held[tag] = HeldFact(hash_, stamp)

    def load_tickets(self, serials: Collection[int]) -> None:
        """Read these tickets and what folds about them."""
        wanted = set(serials) - {0} - self.loaded
        self.loaded |= wanted
        if not wanted:
            return
        asked = {"event": self.event_id, "serials": list(wanted)}
        for row in self.connection.execute(store.TICKETS, asked):
            self.tickets[row.serial] = DoorTicket(*row)
        for raw, tag, stamp, scanned, kind, claimed, granted, void_from in self.connection.execute(
            store.FACTS_OF_TICKETS, asked
        ):
            fact = decode_fact(raw)
            backed = claimed or kind in SERVER_KINDS
            fed = row_of(fact, tag, stamp=stamp, scanned=scanned, backed=backed, granted=granted)
            if void_from is not None:
                self.voids.setdefault(fact.device, void_from)
            self.facts.setdefault(fact.serial, []).append(fact_of_row(fed))

    def load_answers(self, keys: Collection[tuple[int, str]]) -> None:
        """Read the first answers (hash of the question, answer) given under these keys."""
        if not keys:
            return
        asked = {"ids": [device for device, _ in keys], "keys": [key for _, key in keys]}
        rows = self.connection.execute(store.ANSWERS, asked)
        self.answers = {(device, key): (hash_, answer) for device, key, hash_, answer in rows}

    def keep_answer(self, device: int, key: str, body_hash: str, answer: str) -> None:
        """Give this answer again to whoever asks the same under the same key."""
        self.answers[device, key] = (body_hash, answer)
        self.new_answers.append(
            {
                "device_id": device,
                "key": key,
                "body_hash": body_hash,
                "answer_json": answer,
                "created_at": self.now,
            }
        )

    def add_fact(self, raw: bytes, fact: WireFact, hash_: bytes, *, scanned: bool) -> None:
        """Take a new fact in: it is stored, fed unless it is a denial, and folded."""
        device = self.devices[fact.device]
        fed: int | None = None
        row = stored_columns(raw, fact, hash_)
        if fact.kind != DENY:
            fed = self.head.next_seq + 1
            self.head.rows.append(("f", f"{fact.device}/{fact.number}/{row['tag']}", 1))
            self.touched.add(fact.serial)
        granted = granted_to(self, fact)
        backed = self.claims.settle(fact, self.now) or device.kind in SERVER_KINDS
        row |= {
            "event_id": self.event_id,
            "scanned": scanned,
            "backed": backed,
            "granted": granted,
            "stamp": self.now,
            "after_end": device.ended(self.now),
            "feed_seq": fed,
        }
        self.new_rows.append(row)
        held = self.held.setdefault((fact.device, fact.number), {})
        held[row["tag"]] = HeldFact(hash_, self.now)
        if fact.kind != DENY and fact.serial:
            fed_row = row_of(
                fact,
                row["tag"],
                stamp=self.now,
                scanned=scanned,
                backed=backed,
                granted=granted,
            )
            self.facts.setdefault(fact.serial, []).append(fact_of_row(fed_row))
            self.moves.append(fact.serial)
        if fact.number == device.head_number + 1 and fact.previous == device.head_hash:
            device.head_number, device.head_hash, device.moved = fact.number, hash_, True
        elif device.forked_at is None:
            device.forked_at, device.moved = self.now, True
        apply_void.apply(self, fact)

    def change_device(self, device: int, values: dict[str, Any]) -> None:
        """Note columns of a device to write with this batch."""
        self.device_changes.setdefault(device, {}).update(values)

    def write(self) -> None:
        """Store what was added: facts, projections, device heads (not the marks)."""
        if self.new_rows:
            self.connection.execute(store.ADD_FACTS, self.new_rows)
            door_sums.count_facts(self.connection, self.event_id, self.new_rows)
        if self.touched:
            project_admissions.project(self, self.touched)
            self._follow_pool()
        for device in self.devices.values():
            if device.moved:
                self.change_device(
                    device.id,
                    {
                        "head_number": device.head_number,
                        "head_hash": device.head_hash,
                        "head_signature": device.head_signature,
                        "forked_at": device.forked_at,
                        "ended_at": None,
                    },
                )
        self._write_devices()
        self.seen_logs.write(self.connection, self.now)
        if self.new_answers:
            self.connection.execute(store.ADD_ANSWERS, self.new_answers)
        self.claims.write(self.connection, self.event_id)

    def _follow_pool(self) -> None:
        touched = (self.tickets[one] for one in sorted(self.touched) if one in self.tickets)
        serials = [one.serial for one in touched if (one.external or "").startswith(POOL)]
        if serials:
            follow_pool.queue(self.connection, self.event_id, serials)

    def _write_devices(self) -> None:
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for device, values in sorted(self.device_changes.items()):
            shape = tuple(sorted(values))
            shapes.setdefault(shape, []).append({"b_device": device, **values})
        for shape, rows in shapes.items():
            self.connection.execute(store.change_devices(shape), rows)


@lru_cache(maxsize=512)
def parsed_rules(text: str) -> dict[str, Any]:
    """Read stored rules; a revision never changes, so the text is key enough."""
    rules: dict[str, Any] = json.loads(text)
    return rules

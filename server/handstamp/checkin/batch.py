"""One transaction at one event's door: what it read, what it adds, and how that is written."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from handstamp.checkin import project_admissions
from handstamp.checkin.fold import FoldFact, fact_of_row
from handstamp.checkin.models import Device, Fact, ValidateAnswer
from handstamp.checkin.number_changes import Head
from handstamp.checkin.stored_facts import SERVER_KINDS, stored_columns
from handstamp.checkin.wire import DENY, decode_fact, row_of
from handstamp.checkin.wire import Fact as WireFact
from handstamp.events.models import ListRevision
from handstamp.kit.clock import Millis
from handstamp.tickets.models import Ticket

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
    moved: bool = False

    def ended(self, now: Millis) -> bool:
        """Tell whether the pairing is revoked or expired."""
        return self.revoked_at is not None or now >= self.expires_at


@dataclass(frozen=True)
class HeldFact:
    """What the server already has under a number of a device's log."""

    tag: int
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


@dataclass
class Batch:
    """What one group commit holds in memory between its reads and its writes."""

    connection: Connection
    head: Head
    now: Millis
    devices: dict[int, DoorDevice] = field(default_factory=dict)
    tickets: dict[int, DoorTicket] = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)
    facts: dict[int, list[FoldFact]] = field(default_factory=dict)
    held: dict[tuple[int, int], list[HeldFact]] = field(default_factory=dict)
    device_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_rows: list[dict[str, Any]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    answers: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    new_answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def event_id(self) -> str:
        """The event whose lock is held."""
        return self.head.event_id

    def load_devices(self, ids: Collection[int]) -> None:
        """Read the devices of this event among `ids`."""
        columns = (
            Device.id,
            Device.kind,
            Device.name,
            Device.gate,
            Device.lists,
            Device.expires_at,
            Device.revoked_at,
            Device.head_number,
            Device.head_hash,
            Device.forked_at,
        )
        rows = self.connection.execute(
            select(*columns).where(Device.id.in_(ids), Device.event_id == self.event_id)
        )
        for row in rows:
            self.devices[row.id] = DoorDevice(*row)

    def load_held(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Read which facts are held in each (device, first number, last number)."""
        if not spans:
            return
        wanted = [
            and_(Fact.device_id == device, Fact.number.between(first, last))
            for device, first, last in spans
        ]
        rows = self.connection.execute(
            select(Fact.device_id, Fact.number, Fact.tag, Fact.hash, Fact.stamp).where(or_(*wanted))
        )
        for device, number, tag, hash_, stamp in rows:
            self.held.setdefault((device, number), []).append(HeldFact(tag, hash_, stamp))

    def load_tickets(self, serials: Collection[int]) -> None:
        """Read these tickets, what folds about them, and the event's list rules."""
        wanted = set(serials) - {0}
        if not wanted:
            return
        tickets = self.connection.execute(
            select(
                Ticket.serial,
                Ticket.tier_no,
                Ticket.status,
                Ticket.epoch,
                Ticket.token_digest,
                Ticket.holder_name,
                Ticket.printed_id,
                Ticket.order_ref,
                Ticket.status_at,
            ).where(Ticket.event_id == self.event_id, Ticket.serial.in_(wanted))
        )
        for row in tickets:
            self.tickets[row.serial] = DoorTicket(*row)
        self.facts = stored_facts_of(self.connection, self.event_id, wanted)
        self.rules = list_rules(self.connection, self.event_id)

    def load_answers(self, keys: Collection[tuple[int, str]]) -> None:
        """Read the first answers (hash of the question, answer) given under these keys."""
        if not keys:
            return
        rows = self.connection.execute(
            select(
                ValidateAnswer.device_id,
                ValidateAnswer.key,
                ValidateAnswer.body_hash,
                ValidateAnswer.answer_json,
            ).where(
                ValidateAnswer.device_id.in_({device for device, _ in keys}),
                ValidateAnswer.key.in_({key for _, key in keys}),
            )
        )
        self.answers = {(device, key): (asked, answer) for device, key, asked, answer in rows}

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
        row |= {
            "event_id": self.event_id,
            "scanned": scanned,
            "stamp": self.now,
            "after_end": device.ended(self.now),
            "feed_seq": fed,
        }
        self.new_rows.append(row)
        self.held.setdefault((fact.device, fact.number), []).append(
            HeldFact(row["tag"], hash_, self.now)
        )
        if fact.kind != DENY and fact.serial:
            fed_row = row_of(
                fact,
                row["tag"],
                stamp=self.now,
                scanned=scanned,
                backed=device.kind in SERVER_KINDS,
            )
            self.facts.setdefault(fact.serial, []).append(fact_of_row(fed_row))
        if fact.number == device.head_number + 1 and fact.previous == device.head_hash:
            device.head_number, device.head_hash, device.moved = fact.number, hash_, True
        elif device.forked_at is None:
            device.forked_at, device.moved = self.now, True

    def change_device(self, device: int, values: dict[str, Any]) -> None:
        """Note columns of a device to write with this batch."""
        self.device_changes.setdefault(device, {}).update(values)

    def write(self) -> None:
        """Store what was added: facts, projections, device heads (not the marks)."""
        if self.new_rows:
            self.connection.execute(insert(Fact), self.new_rows)
        if self.touched:
            project_admissions.project(self, self.touched)
        for device in self.devices.values():
            if device.moved:
                self.change_device(
                    device.id,
                    {
                        "head_number": device.head_number,
                        "head_hash": device.head_hash,
                        "forked_at": device.forked_at,
                    },
                )
        self._write_devices()
        if self.new_answers:
            self.connection.execute(insert(ValidateAnswer), self.new_answers)

    def _write_devices(self) -> None:
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for device, values in sorted(self.device_changes.items()):
            shape = tuple(sorted(values))
            shapes.setdefault(shape, []).append({"b_device": device, **values})
        table = Device.__table__
        for shape, rows in shapes.items():
            statement = (
                update(table)  # type: ignore[arg-type]
                .where(table.c.id == bindparam("b_device"))
                .values({name: bindparam(name) for name in shape})
            )
            self.connection.execute(statement, rows)


def stored_facts_of(
    connection: Connection, event_id: str, serials: Iterable[int]
) -> dict[int, list[FoldFact]]:
    """Return the stored facts that fold, by serial."""
    rows = connection.execute(
        select(Fact.bytes, Fact.tag, Fact.stamp, Fact.scanned, Device.kind)
        .join(Device, Device.id == Fact.device_id)
        .where(Fact.event_id == event_id, Fact.serial.in_(set(serials)), Fact.kind != DENY)
    )
    found: dict[int, list[FoldFact]] = {}
    for raw, tag, stamp, scanned, kind in rows:
        fact = decode_fact(raw)
        row = row_of(fact, tag, stamp=stamp, scanned=scanned, backed=kind in SERVER_KINDS)
        found.setdefault(fact.serial, []).append(fact_of_row(row))
    return found


def list_rules(connection: Connection, event_id: str) -> Rules:
    """Return every revision of every check-in list of the event."""
    rows = connection.execute(
        select(ListRevision.list_no, ListRevision.rev, ListRevision.rules_json).where(
            ListRevision.event_id == event_id
        )
    )
    rules: Rules = {}
    for list_no, rev, text in rows:
        rules.setdefault(list_no, {})[rev] = parsed_rules(text)
    return rules


@lru_cache(maxsize=512)
def parsed_rules(text: str) -> dict[str, Any]:
    """Read stored rules; a revision never changes, so the text is key enough."""
    rules: dict[str, Any] = json.loads(text)
    return rules

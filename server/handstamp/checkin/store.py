"""Statements of the door's hot path, built once: building one costs more than running it."""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Insert,
    Table,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from handstamp.checkin.models import (
    Admission,
    Claim,
    Device,
    Fact,
    FeedHead,
    FeedMark,
    ValidateAnswer,
)
from handstamp.checkin.wire import DENY
from handstamp.events.models import Event, ListRevision
from handstamp.plumbing.db import Base
from handstamp.tickets.models import Ticket

UpsertInsert = PostgresqlInsert | SqliteInsert

_event: BindParameter[str] = bindparam("event")
_serials: BindParameter[int] = bindparam("serials", expanding=True)

_waits = exists(
    union_all(
        select(literal(1)).where(Ticket.event_id == _event, Ticket.feed_seq.is_(None)),
        select(literal(1)).where(Device.event_id == _event, Device.feed_seq.is_(None)),
        select(literal(1)).where(ListRevision.event_id == _event, ListRevision.feed_seq.is_(None)),
        select(literal(1)).where(Event.id == _event, Event.feed_seq.is_(None)),
    )
)
# Whether a committed change of the event still waits for its number.
UNNUMBERED = select(_waits)
LOCK = (
    select(FeedHead.feed_id, FeedHead.seq, FeedHead.digest, _waits)
    .where(FeedHead.event_id == _event)
    .with_for_update(of=FeedHead)
)
# Whether strict mode was ever used here; else a batch need not look for claims. Asked once the lock
# is held: PostgreSQL answers LOCK's other members as of before it waited.
CLAIMED = select(exists().where(Claim.event_id == _event))
DEVICES = select(
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
    Device.head_signature,
    Device.role,
    Device.void_from,
).where(Device.id.in_(bindparam("ids", expanding=True)), Device.event_id == _event)
HELD = select(Fact.number, Fact.tag, Fact.hash, Fact.stamp).where(
    Fact.device_id == bindparam("device"),
    Fact.number.between(bindparam("first"), bindparam("last")),
)
TICKETS = select(
    Ticket.serial,
    Ticket.tier_no,
    Ticket.status,
    Ticket.epoch,
    Ticket.token_digest,
    Ticket.holder_name,
    Ticket.printed_id,
    Ticket.order_ref,
    Ticket.status_at,
    Ticket.code_digest,
    Ticket.external_id,
).where(Ticket.event_id == _event, Ticket.serial.in_(_serials))
FACTS_OF_TICKETS = (
    select(
        Fact.bytes,
        Fact.tag,
        Fact.stamp,
        Fact.scanned,
        Device.kind,
        Fact.backed,
        Fact.granted,
        Device.void_from,
    )
    .join(Device, Device.id == Fact.device_id)
    .where(Fact.event_id == _event, Fact.serial.in_(_serials), Fact.kind != DENY)
)
BYTES_OF_FACT = select(Fact.bytes).where(
    Fact.device_id == bindparam("device"),
    Fact.number == bindparam("number"),
    Fact.tag == bindparam("tag"),
)
# Tickets that a device's facts from a number on may have moved.
SERIALS_OF_DEVICE = (
    select(Fact.serial)
    .where(
        Fact.device_id == bindparam("device"),
        Fact.number >= bindparam("number"),
        Fact.kind != DENY,
        Fact.serial != 0,
    )
    .distinct()
)
SUPERVISOR_PIN = select(Event.supervisor_json).where(Event.id == _event)
RULES = select(ListRevision.list_no, ListRevision.rev, ListRevision.rules_json).where(
    ListRevision.event_id == _event
)
ANSWERS = select(
    ValidateAnswer.device_id,
    ValidateAnswer.key,
    ValidateAnswer.body_hash,
    ValidateAnswer.answer_json,
).where(
    ValidateAnswer.device_id.in_(bindparam("ids", expanding=True)),
    ValidateAnswer.key.in_(bindparam("keys", expanding=True)),
)
_claims_table = cast("Table", Claim.__table__)
CLAIMS = select(
    Claim.id,
    Claim.device_id,
    Claim.list_no,
    Claim.serial,
    Claim.epoch,
    Claim.gate,
    Claim.asks,
    Claim.dropped,
    Claim.granted_at,
    Claim.ended_at,
    Claim.ended_by,
).where(
    Claim.event_id == _event,
    or_(
        Claim.serial.in_(_serials),
        and_(
            Claim.device_id.in_(bindparam("ids", expanding=True)),
            Claim.ended_at.is_(None),
        ),
    ),
)
ADD_CLAIMS = insert(Claim)
CHANGE_CLAIMS = (
    update(_claims_table)
    .where(_claims_table.c.id == bindparam("b_claim"))
    .values({name: bindparam(name) for name in ("asks", "dropped", "ended_at", "ended_by")})
)
STRICT_EVENT = select(
    Event.number, Event.unknown_policy, Event.unknown_max_age_s, Event.strict_budget_ms
).where(Event.id == _event)
ADD_FACTS = insert(Fact)
ADD_ANSWERS = insert(ValidateAnswer)
ADD_MARKS = insert(FeedMark)
MOVE_HEAD = (
    update(FeedHead)
    .where(FeedHead.event_id == _event)
    .values(seq=bindparam("end_seq"), digest=bindparam("end_digest"))
)
# Tickets numbered after a place in the feed that have facts to fold anew.
CHANGED_WITH_FACTS = select(Ticket.serial).where(
    Ticket.event_id == _event,
    Ticket.feed_seq > bindparam("after"),
    exists().where(Fact.event_id == _event, Fact.serial == Ticket.serial, Fact.kind != DENY),
)
NEW_REVISION = (
    select(ListRevision.rev)
    .where(ListRevision.event_id == _event, ListRevision.feed_seq > bindparam("after"))
    .limit(1)
)
WITH_PENDING = select(Admission.serial).where(Admission.event_id == _event, Admission.pending > 0)


def insert_for(dialect: str, table: type[Base]) -> UpsertInsert:
    """Return the dialect's INSERT into `table`, which knows ON CONFLICT."""
    return sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)


@lru_cache
def add_first(dialect: str, table: type[Base]) -> Insert:
    """Return an INSERT that leaves a row that is there already as it is."""
    return insert_for(dialect, table).on_conflict_do_nothing()


@lru_cache
def project_admission(dialect: str) -> Insert:
    """Return the upsert of a projected state; a changed conflict counts as not looked at."""
    made = insert_for(dialect, Admission)
    new = made.excluded
    unchanged = (Admission.conflict == new.conflict) & (Admission.greens == new.greens)
    names = (
        "admitted_at", "winner_device", "winner_number", "greens", "pending", "conflict",
        "inside", "entries",
    )  # fmt: skip
    values: dict[str, ColumnElement[Any]] = {name: new[name] for name in names}
    values["resolved_at"] = case((unchanged, Admission.resolved_at), else_=None)
    keys = ["event_id", "serial", "list_no"]
    return made.on_conflict_do_update(index_elements=keys, set_=values)


@lru_cache(maxsize=64)
def change_devices(names: tuple[str, ...]) -> Executable:
    """Return the UPDATE of these columns by `b_device`, for many devices at once."""
    table = Device.__table__
    assert isinstance(table, Table)
    return (
        update(table)
        .where(table.c.id == bindparam("b_device"))
        .values({name: bindparam(name) for name in names})
    )

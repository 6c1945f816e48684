"""The door's tables: devices, their facts, the numbered feed, and what is folded from them."""

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId


class FeedHead(Base):
    """An event's feed: its id, its last number and the digest of its chain.

    This row is the event lock of the door: whoever numbers changes locks it first. `fields`
    are the personal fields that phones of this feed were given; with others the feed begins
    anew under another id, at the number `began`.
    """

    __tablename__ = "tickets_feed_heads"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    feed_id: Mapped[str]
    seq: Mapped[int] = mapped_column(default=0)
    digest: Mapped[bytes]
    fields: Mapped[str] = mapped_column(default="", server_default="")
    began: Mapped[int] = mapped_column(default=0, server_default="0")


class FeedMark(Base):
    """A place in the feed where a cursor may stand: the end of one numbered batch.

    `salt` and `rows` are what the digest covers besides the digest before it (R31, R69); NULL in
    marks of before they were kept. `rows`: a line `<kind><identity>:<revision>` for each number.
    """

    __tablename__ = "tickets_feed_marks"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    created_at: Mapped[int]
    salt: Mapped[bytes | None]
    rows: Mapped[str | None] = mapped_column(Text)


class Device(Base):
    """A pairing (`phone`), a third-party scanner's key (`api`) or the server itself.

    `id` is 48 random bits, new at every pairing. `head_number` and `head_hash` are the
    contiguous end of its log here, `head_signature` its own signature of that end (R14).
    `ended_at`: when the phone came back with an older log than the server holds.
    """

    __tablename__ = "tickets_devices"
    __table_args__ = (Index("ix_tickets_devices_feed", "event_id", "feed_seq"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    kind: Mapped[str] = mapped_column(default="phone")
    name: Mapped[str]
    gate: Mapped[str] = mapped_column(default="")
    lists: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="steward")
    public_key: Mapped[bytes | None]
    certificate: Mapped[str] = mapped_column(Text, default="")
    secret_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[int]
    expires_at: Mapped[int]
    revoked_at: Mapped[int | None]
    wiped_at: Mapped[int | None]
    last_seen_at: Mapped[int | None]
    head_number: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[bytes] = mapped_column(default=bytes(32))
    head_signature: Mapped[bytes | None]
    forked_at: Mapped[int | None]
    void_from: Mapped[int | None]
    ended_at: Mapped[int | None]
    cursor_seq: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    clock_skew_ms: Mapped[int] = mapped_column(default=0)
    app_build: Mapped[str] = mapped_column(default="")
    status_json: Mapped[str] = mapped_column(Text, default="{}")
    feed_seq: Mapped[int | None]


class ForkHead(Base):
    """The signed end of a branch that is not the device's main line, so that it can be shown."""

    __tablename__ = "tickets_fork_heads"

    device_id: Mapped[int] = mapped_column(ForeignKey("tickets_devices.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[int] = mapped_column(primary_key=True)
    signature: Mapped[bytes]
    received_at: Mapped[int]


class LogWatch(Base):
    """What is odd about a device's log; a device without a row has shown nothing odd.

    `told_number`: the furthest end that the device has signed, when that was ahead of what the
    server held. `refused`: the last error by which an upload was not stored (R40). `fault`: what
    the last check of the stored log found (`find_faults`), '' when it verified.
    """

    __tablename__ = "tickets_log_watches"

    device_id: Mapped[int] = mapped_column(ForeignKey("tickets_devices.id"), primary_key=True)
    told_number: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[int | None]
    refused: Mapped[str] = mapped_column(default="")
    refused_at: Mapped[int | None]
    checked_at: Mapped[int | None]
    checked_number: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(default="")
    fault_number: Mapped[int | None]


class PairingCode(Base):
    """A one-time code that makes one phone a device of one event."""

    __tablename__ = "tickets_pairing_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), index=True)
    name: Mapped[str]
    gate: Mapped[str] = mapped_column(default="")
    lists: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="steward")
    created_by: Mapped[str]
    created_at: Mapped[int]
    expires_at: Mapped[int]
    used_at: Mapped[int | None]
    device_id: Mapped[int | None]
    public_key: Mapped[bytes | None]


class ListKey(Base):
    """The key of one phone's list, sealed; `released_at`: when the phone was first given it."""

    __tablename__ = "tickets_list_keys"

    device_id: Mapped[int] = mapped_column(
        ForeignKey("tickets_devices.id"), primary_key=True, autoincrement=False
    )
    key_id: Mapped[str]
    sealed: Mapped[bytes]
    created_at: Mapped[int]
    released_at: Mapped[int | None]


class Fact(Base):
    """One immutable entry of a device's log, stored as the bytes that arrived.

    `tag` is the first 48 bits of `hash`; (device, number, tag) is the fact's identity. The
    other columns are read out of `bytes`. `scanned`: the token's digest was right.
    `stamp`: when the server first had it. `backed`: a phone's fact whose claim was granted (R66).
    `feed_seq` is NULL for what is not fed (denials).
    """

    __tablename__ = "tickets_facts"
    __table_args__ = (
        UniqueConstraint("device_id", "number", "tag"),
        Index("ix_tickets_facts_feed", "event_id", "feed_seq"),
        Index("ix_tickets_facts_serial", "event_id", "serial"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("tickets_devices.id"))
    number: Mapped[int]
    tag: Mapped[int]
    hash: Mapped[bytes]
    bytes: Mapped[bytes]
    kind: Mapped[int]
    list_no: Mapped[int]
    rule_rev: Mapped[int]
    serial: Mapped[int]
    epoch: Mapped[int]
    how: Mapped[int]
    verdict: Mapped[int]
    scanned: Mapped[bool]
    claimed_at: Mapped[int]
    stamp: Mapped[int]
    after_end: Mapped[bool] = mapped_column(default=False)
    backed: Mapped[bool] = mapped_column(default=False)
    granted: Mapped[int] = mapped_column(default=0)
    feed_seq: Mapped[int | None]


class Admission(Base):
    """What the fold says of one ticket on one list, kept so that boards need not fold.

    `conflict`: '' or 'double' (several green lights), 'superseded' (an old code was let in),
    'after_refund' (let in after the ticket ended) or 'unknown_ticket' (the server never had
    it). `admitted_at` and `winner_…` are of the last turn's winner, else of who let it in on
    purpose. `entries`: how often it was let in. `resolved_at`: an organizer has looked at it.
    """

    __tablename__ = "tickets_admissions"
    __table_args__ = (Index("ix_tickets_admissions_conflict", "event_id", "conflict"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    list_no: Mapped[int] = mapped_column(primary_key=True)
    admitted_at: Mapped[int | None]
    winner_device: Mapped[int | None]
    winner_number: Mapped[int | None]
    greens: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    conflict: Mapped[str] = mapped_column(default="")
    inside: Mapped[bool] = mapped_column(default=False)
    entries: Mapped[int] = mapped_column(default=0)
    resolved_at: Mapped[int | None]


class Claim(Base):
    """A phone's word that it is about to admit a ticket, given in strict mode (R64, R65).

    At most one is open (`ended_at` NULL) for each list, ticket and epoch. `asks`: ids under
    which its device asked for it; `dropped`: those it reported unused; both parted by spaces.
    `granted_at` is NULL when an ask was reported unused before it arrived. `ended_by`: '',
    'fact', 'unused', 'override' or 'revoked'.
    """

    __tablename__ = "tickets_claims"
    __table_args__ = (
        Index("ix_tickets_claims_ticket", "event_id", "serial"),
        Index(
            "uq_tickets_claims_open",
            "event_id",
            "list_no",
            "serial",
            "epoch",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_tickets_claims_device",
            "device_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("tickets_devices.id"))
    list_no: Mapped[int]
    serial: Mapped[int]
    epoch: Mapped[int]
    gate: Mapped[str] = mapped_column(default="")
    asks: Mapped[str] = mapped_column(Text, default="")
    dropped: Mapped[str] = mapped_column(Text, default="")
    granted_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class DoorSum(Base):
    """A sum that the live board reads; `door_sums` says what is summed and moves it."""

    __tablename__ = "tickets_door_sums"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    list_no: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class ValidateAnswer(Base):
    """The first answer of `validate` under an Idempotency-Key."""

    __tablename__ = "tickets_validate_answers"

    device_id: Mapped[int] = mapped_column(ForeignKey("tickets_devices.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    answer_json: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]


class SnapshotBase(Base):
    """A built snapshot: signed columns at a cursor, compressed once, served many times."""

    __tablename__ = "tickets_snapshots"
    __table_args__ = (UniqueConstraint("event_id", "seq", "fields"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    seq: Mapped[int]
    fields: Mapped[str]
    tickets: Mapped[int]
    gzip: Mapped[bytes]
    brotli: Mapped[bytes]
    built_at: Mapped[int]

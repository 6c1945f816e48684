"""Events, their tiers, and their check-in lists with numbered rule revisions."""

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Event(Base):
    """What people come to. `number` (24 random bits) stands in every ticket of the event.

    `feed_seq` is the place of the last change in the event's feed; NULL = not yet numbered.
    `strict_budget_ms`: how long a phone waits for the server's claim; NULL = not strict.
    `supervisor_json`: {"salt", "rounds", "hash"} of the supervisor's PIN (R63), or ''.
    `fee_bp`, `fee_fixed`, `fee_payer`: see `price_rules.FeeRule`. `tax_mode`: none, rates (of
    `TaxRate`) or stripe. `overbook_bp`, `overbook_number`: see `rules.limit_of`.
    """

    __tablename__ = "tickets_events"
    __table_args__ = (
        Index("ix_tickets_events_organizer", "organizer_id", "start_at"),
        Index("ix_tickets_events_public", "status", "start_at", "id", "end_at"),
        Index("ix_tickets_events_cities", "status", "city", "end_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    number: Mapped[int] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    venue: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    province: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str]
    currency: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    capacity: Mapped[int | None]
    cover_url: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="draft")
    unknown_policy: Mapped[str] = mapped_column(default="accept_and_flag")
    unknown_max_age_s: Mapped[int] = mapped_column(default=12 * 3600)
    snapshot_fields: Mapped[str] = mapped_column(default="name,email,order,note")
    release_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    strict_budget_ms: Mapped[int | None]
    supervisor_json: Mapped[str] = mapped_column(Text, default="")
    refund_until: Mapped[int | None]
    refund_policy: Mapped[str] = mapped_column(Text, default="")
    ask_phone: Mapped[bool] = mapped_column(default=False)
    members_only: Mapped[bool] = mapped_column(default=False)
    fee_bp: Mapped[int] = mapped_column(default=0)
    fee_fixed: Mapped[int] = mapped_column(default=0)
    fee_payer: Mapped[str] = mapped_column(default="buyer")
    tax_mode: Mapped[str] = mapped_column(default="none")
    overbook_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    overbook_number: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[int]
    updated_at: Mapped[int]
    feed_seq: Mapped[int | None]


class Tier(Base):
    """A kind of ticket; `number` (1 to 255 within the event) stands in its tickets.

    `prompt_kinds` ("age,photo,note") and `prompt_text`: what a steward looks at first (R61).
    """

    __tablename__ = "tickets_tiers"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    number: Mapped[int]
    name: Mapped[str]
    price_cents: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    capacity: Mapped[int | None]
    max_per_order: Mapped[int] = mapped_column(default=10)
    sales_start_at: Mapped[int | None]
    sales_end_at: Mapped[int | None]
    visibility: Mapped[str] = mapped_column(default="public")
    ask_names: Mapped[bool] = mapped_column(default=False)
    prompt_kinds: Mapped[str] = mapped_column(default="")
    prompt_text: Mapped[str] = mapped_column(default="")
    sort: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[int]
    archived_at: Mapped[int | None]


class TaxRate(Base):
    """A tax of an event; `ppm`: millionths; `compound`: due on the taxes before it, too."""

    __tablename__ = "tickets_tax_rates"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    ppm: Mapped[int]
    compound: Mapped[bool] = mapped_column(default=False)


class EventReview(Base):
    """What administrators think of an event's public page.

    `state`: waiting, approved or hidden; `why` it waits: new, changed or again (after it was
    hidden). `digest`: of the texts that were approved. `hidden_at`: since when it is hidden, or
    waits to be shown again. `reason`: why it was hidden, as the organizer was told.
    """

    __tablename__ = "tickets_event_reviews"
    __table_args__ = (Index("ix_tickets_event_reviews_state", "state", "entered_at"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    state: Mapped[str]
    why: Mapped[str] = mapped_column(default="new")
    entered_at: Mapped[int]
    digest: Mapped[str] = mapped_column(default="")
    hidden_at: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[int | None]


class TrustedOrganizer(Base):
    """An organizer whose new and changed pages nobody needs to look at."""

    __tablename__ = "tickets_trusted_organizers"

    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), primary_key=True)
    trusted_by: Mapped[str]
    trusted_at: Mapped[int]


class CheckinList(Base):
    """A list that a door works from; `number` is 1 to 255 within the event."""

    __tablename__ = "tickets_checkin_lists"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    number: Mapped[int]
    revision: Mapped[int]
    created_at: Mapped[int]
    archived_at: Mapped[int | None]


class ListRevision(Base):
    """One revision of a list's name and rules; never changed, so a fact can name it.

    `rules_json`: {"name": str, "tiers": [{"tier": n, "from": ms|null, "until": ms|null}],
    "archived": bool} and the members of `entry_rules.EntryRules`.
    """

    __tablename__ = "tickets_list_revisions"
    __table_args__ = (Index("ix_tickets_list_revisions_feed", "event_id", "feed_seq"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    list_no: Mapped[int] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)
    rules_json: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]
    feed_seq: Mapped[int | None]

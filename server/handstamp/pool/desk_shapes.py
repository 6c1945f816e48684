"""What the outside asks the desk of tickets from elsewhere, and what it is told."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from handstamp.pool.find_assignments import Filters, PoolRow
from handstamp.pool.pool_figures import PoolFigures, VariantFigures

Id = Annotated[str, Field(max_length=60)]
Words = Annotated[str, Field(max_length=100)]
Status = Literal[
    "", "waiting", "assigned", "used", "closed", "lost", "unassigned", "unmatched", "free", "void"
]


class AssignmentsQuery(BaseModel):
    """Which event, and what to show of it.

    `status`: of pre-orders waiting, assigned, used, closed or lost (the mail came back); of
    tickets unassigned, unmatched, free (both) or void. `member`: a part of a name or number.
    `email`: a part of the member's or the ticket's address; support gives it in full. `tier`: the
    variant's id.
    """

    model_config = ConfigDict(populate_by_name=True)

    event_id: Annotated[Id, Field(alias="eventId", min_length=1)]
    status: Status = ""
    member: Words = ""
    email: Words = ""
    tier: Id = ""
    after: Id = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def filters(self) -> Filters:
        """Return what to show as the use case takes it."""
        return Filters(self.status, self.member.strip(), self.email.strip(), self.tier)


class AssignmentBody(BaseModel):
    """A pre-order with the ticket it has, or a ticket with who has it; what lacks is null.

    Times in ms UTC. `state`: waiting, assigned, used, closed, unassigned, unmatched or void.
    `how`: exact, any, closest (with `score`, the similarity in thousandths) or manual.
    `delivery`: '' (not sent yet), sent, delivered, bounced, complained or delivery_failed.
    Addresses are masked for support. There is never a password.
    """

    pre_order_id: str | None
    number: str | None
    name: str | None
    email: str | None
    state: str
    tier_id: str | None
    confirmed_at: int | None
    assignment_id: str | None
    how: str | None
    score: int | None
    delivery: str | None
    assigned_at: int | None
    handed_at: int | None
    ticket_id: str | None
    ticket_email: str | None
    ticket_status: str | None
    ticket_tier_id: str | None
    used_at: int | None


class AssignmentsBody(BaseModel):
    """A page, and what to send as `after` for the next one."""

    assignments: list[AssignmentBody]
    next: str | None


class ReassignWish(BaseModel):
    """To which pre-order a ticket goes."""

    model_config = ConfigDict(extra="forbid")

    pre_order_id: Annotated[Id, Field(min_length=1)]


class ReassignedBody(BaseModel):
    """What was given; until `undo_until` (ms UTC) the member hears nothing of it."""

    assignment_id: str
    undo_until: int


class FallbackWish(BaseModel):
    """How tickets may go to members who wished another variant."""

    model_config = ConfigDict(extra="forbid")

    fallback: Literal["none", "any", "closest"]


class VariantBody(BaseModel):
    """One variant, or all of them: pre-orders and tickets, and what of them has no match."""

    ordered: int
    uploaded: int
    assigned: int
    waiting: int
    free: int
    used: int


class PoolBody(BaseModel):
    """An event's pool as it is now; `fulfilled` is per cent, `lost` counts mails that came back."""

    fallback: str
    fulfilled: int
    lost: int
    whole: VariantBody
    variants: dict[str, VariantBody]


def assignment_body(row: PoolRow) -> AssignmentBody:
    """Return a row as the API tells it."""
    members = asdict(row)
    members["pre_order_id"], members["state"] = members.pop("demand_id"), row.state
    return AssignmentBody(**{name: members[name] for name in AssignmentBody.model_fields})


def pool_body(figures: PoolFigures) -> PoolBody:
    """Return an event's figures as the API tells them."""
    return PoolBody(
        fallback=figures.kept.fallback if figures.kept else "none",
        fulfilled=figures.fulfilled,
        lost=figures.lost,
        whole=_variant(figures.whole),
        variants={tier_id: _variant(one) for tier_id, one in figures.by_tier.items()},
    )


def _variant(of: VariantFigures) -> VariantBody:
    return VariantBody(
        ordered=of.ordered,
        uploaded=of.uploaded,
        assigned=of.demands["assigned"],
        waiting=of.demands["waiting"],
        free=of.free,
        used=of.tickets["used"],
    )

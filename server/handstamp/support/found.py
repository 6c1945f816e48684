"""What a search finds, and what a story tells: rows as pages and the API show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Actor
from handstamp.pool.find_assignments import mask_email


@dataclass(frozen=True)
class Hit:
    """Something found. `kind`: order, preorder, ticket, member or waiting.

    `number` is its number or printed id, `title` its event's or club's name. A member and who
    waits have no number, the latter no name either.
    """

    kind: str
    id: str
    number: str
    name: str
    email: str
    title: str
    status: str
    at: Millis
    time_zone: str
    organizer_id: str


@dataclass(frozen=True)
class MailHit:
    """A mail to the address that was looked for; `of` and `of_id` say what it is about."""

    id: str
    kind: str
    to_email: str
    status: str
    delivery: str
    at: Millis
    of: str
    of_id: str


@dataclass(frozen=True)
class Found:
    """All that fits, the latest first; `more`: kinds of which only the first are here."""

    hits: Sequence[Hit] = ()
    mails: Sequence[MailHit] = ()
    more: Sequence[str] = ()

    def of(self, kind: str) -> list[Hit]:
        """Return the hits of one kind."""
        return [hit for hit in self.hits if hit.kind == kind]


@dataclass(frozen=True)
class Moment:
    """Something that happened. `kind`: payment, refund, dispute, mail, scan or act.

    `what` names it within its kind; of a scan "kind.verdict". `by`: who did it, where that is
    known: a kind of actor, or a phone's name. `note`: what else there is to say.
    """

    at: Millis
    kind: str
    what: str
    by: str = ""
    note: str = ""
    amount: int | None = None
    currency: str = ""


@dataclass(frozen=True)
class Held:
    """A ticket of a story."""

    id: int
    printed_id: str
    holder_name: str
    holder_email: str
    status: str


@dataclass(frozen=True)
class Story:
    """One order, pre-order or guest's ticket, with all that happened to it, the latest first.

    `may_manage`: who reads it runs the event and sees addresses. `resendable`: its tickets can
    be mailed again.
    """

    kind: str
    id: str
    number: str
    name: str
    email: str
    status: str
    event: Event
    created_at: Millis
    may_manage: bool
    resendable: bool = False
    total: int | None = None
    currency: str = ""
    tickets: Sequence[Held] = field(default_factory=list)
    moments: Sequence[Moment] = field(default_factory=list)


def shown_email(actor: Actor, organizer_id: str, email: str) -> str:
    """Return an address as the actor may see it: whole only for whoever runs the organizer."""
    if not email or actor.may_manage(organizer_id):
        return email
    return mask_email(email)

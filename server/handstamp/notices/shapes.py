"""What the API takes and tells about cancelling, moving and writing; money in minor units."""

from typing import Annotated

from pydantic import BaseModel, Field

from handstamp.events.routes import EventBody
from handstamp.events.shapes import Moment, Shape
from handstamp.notices.cancel_event import LONGEST as LONGEST_NOTE
from handstamp.notices.cancel_event import CancelLook
from handstamp.notices.find_notices import Progress
from handstamp.notices.models import Notice
from handstamp.notices.write_message import LONGEST_BODY, LONGEST_SUBJECT

Words = Annotated[str, Field(max_length=LONGEST_NOTE)]


class CancelWish(Shape):
    """Cancelling for good. `typed` is the event's title; `message` is mailed, `note` is kept."""

    typed: Annotated[str, Field(min_length=1, max_length=300)]
    message: Words = ""
    note: Words = ""


class CancelPreview(BaseModel):
    """What cancelling would do now; `amount` and `preorder_amount` go back.

    `orders` and `preorders` count what is refunded, `disputed` what is left to the bank. `holds`
    are orders that are being paid, `waiting` pre-orders without a charge, `guests`
    tickets without an order; `told` is how many holders are mailed, `listed` how many people of
    the waiting list.
    """

    orders: int
    amount: int
    holds: int
    preorders: int
    preorder_amount: int
    disputed: int
    waiting: int
    guests: int
    listed: int
    told: int
    currency: str


class RefundSum(BaseModel):
    """Refunds of one status."""

    status: str
    number: int
    amount: int


class KeptPart(BaseModel):
    """What could not be given back by itself; `holds` is "order:…" or "preorder:…"."""

    holds: str
    problem: str


class CancelRun(BaseModel):
    """How far cancelling has come: `done` of `whole` parts, `mailed` of `told` people."""

    done: int
    whole: int
    refunds: list[RefundSum]
    kept: list[KeptPart]
    mailed: int
    told: int
    waits_for: str
    note: str
    created_at: int
    finished_at: int | None


class CancelState(BaseModel):
    """`run` once the event is cancelled, `preview` until then."""

    preview: CancelPreview | None
    run: CancelRun | None


class NewDate(Shape):
    """Another start; everything that has a time moves along. `message` goes into the mail."""

    start_at: Moment
    refund_until: Moment | None = None
    message: Words = ""


class NewDateLook(BaseModel):
    """What the new date would do; `by` in ms, `told` is how many people are mailed.

    Among them are the owners of `preorders` that are not charged yet, and `listed` people of the
    waiting list. `sales_ends` tiers' ends of sales, `windows` lists' entry windows and `deadlines`
    of clubs for tickets move along; `refund_until` is the deadline as it would be.
    """

    start_at: int
    end_at: int
    by: int
    told: int
    preorders: int
    listed: int
    sales_ends: int
    windows: int
    deadlines: int
    refund_until: int | None


class Moved(EventBody):
    """The event as it is now; it moved `by` ms and `told` people are mailed: 0 where it had that
    date already.
    """

    by: int
    told: int


class CopyWish(Shape):
    """Title and start of the new draft."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    start_at: Moment


class Message(Shape):
    """An organizer's words to all who hold something of the event."""

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]
    body: Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


class SentMessage(Message):
    """`expected`: how many the preview said are told; where fewer would be, nobody is."""

    expected: Annotated[int, Field(ge=1, le=10**9)]


class MessageLook(BaseModel):
    """The message as it will be mailed, and to how many."""

    subject: str
    body: str
    told: int


class NoticeBody(BaseModel):
    """What holders were told. `kind`: cancelled, postponed or message.

    `finished_at`: when every mail was queued.
    """

    id: str
    event_id: str
    kind: str
    subject: str
    body: str
    total: int
    created_at: int
    finished_at: int | None


class NoticeList(BaseModel):
    """The newest first, 50 at most."""

    notices: list[NoticeBody]


def preview_of(look: CancelLook, currency: str) -> CancelPreview:
    """Return a look at cancelling as the API tells it."""
    return CancelPreview(**vars(look), currency=currency)


def run_of(progress: Progress) -> CancelRun:
    """Return how far a cancellation is as the API tells it."""
    return CancelRun(
        done=progress.done,
        whole=progress.whole,
        refunds=[
            RefundSum(status=status, number=number, amount=amount)
            for status, (number, amount) in sorted(progress.refunds.items())
        ],
        kept=[KeptPart(holds=part.holds, problem=part.problem) for part in progress.kept],
        mailed=progress.told,
        told=progress.to_tell,
        waits_for=progress.run.waits_for,
        note=progress.run.note,
        created_at=progress.run.created_at,
        finished_at=progress.run.finished_at,
    )


def notice_body(notice: Notice) -> NoticeBody:
    """Return a notice as the API tells it."""
    return NoticeBody(**{name: getattr(notice, name) for name in NoticeBody.model_fields})

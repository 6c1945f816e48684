"""Which status a pre-order may get, in whose words it is told, and how many one may place; pure.

A club's weeks, windows, charge times and member prices are in `clubs/rules.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from handstamp.clubs.rules import Window, charge_time, week_after, week_of
from handstamp.kit.clock import DAY, HOUR, MINUTE, Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
MOVES = {
    "draft": ("pending", "cancelled"),
    "pending": ("approved", "denied", "cancelled", "not_allocated"),
    "approved": ("charging", "pending", "denied", "cancelled", "not_allocated"),
    "charging": ("paid", "failed", "needs_action", "approved"),
    "needs_action": ("paid", "failed"),
    "paid": ("fulfilled", "waiting_for_stock", "refunded"),
    "waiting_for_stock": ("fulfilled", "refunded"),
    "fulfilled": ("refunded", "waiting_for_stock"),
    "denied": (),
    "cancelled": (),
    "not_allocated": (),
    "failed": (),
    "refunded": ("refund_failed",),
    "refund_failed": ("refunded",),
}
STATUSES = tuple(MOVES)
CLOSED = ("cancelled", "denied", "not_allocated", "failed", "refunded", "refund_failed")
OPEN = tuple(status for status in STATUSES if status not in CLOSED)
UNCHARGED = ("draft", "pending", "approved")  # no attempt to charge was ever made
AWAITING = ("pending", "approved")  # of these, what was placed whole
UNPAID = (*AWAITING, "charging", "needs_action")  # placed whole, and its card not charged yet
CHANGEABLE = UNCHARGED  # by the member, until the deadline
PAID = ("paid", "waiting_for_stock", "fulfilled")
CHARGED = (*PAID, "refunded", "refund_failed")  # money was taken, whatever became of it
FREES_WEEK = ("cancelled", "denied")  # of these a member may place another in the same week
PER_EVENT = 1
CARD_GRACE: Millis = 30 * MINUTE  # a card's form begun in time may be finished so much later
SETUP_KEY_LIFE: Millis = 23 * HOUR  # Stripe may forget an idempotency key after 24 hours
CHARGE_KEY_LIFE: Millis = 23 * HOUR  # the same
SURE_AFTER: Millis = MINUTE  # a charge that broke at Stripe and is not there by then was not made
CLOCK_SKEW: Millis = 5 * MINUTE  # between our clock and Stripe's, when payments are looked up
KEEP_DRAFT: Millis = DAY
MOST_AT_ONCE = 1_000  # decisions in one request
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
# Seed 1, section B, to the letter; time and weekday are the club's.
RECEIVED = N_(
    "Pre-order received. We’ll charge your card at %(time)s %(weekday)s"
    " if your ticket is confirmed."
)
# What a member agrees to; it is kept with the pre-order as it was shown.
MANDATE = N_(
    "I allow %(organizer)s to charge my card %(total)s once for this ticket, after"
    " %(time)s on %(weekday)s, if my ticket is confirmed. I can cancel until the week is over;"
    " after that I am not asked again."
)
DECLINED = N_("Card declined – try public drop")
NOT_CHARGED = N_("You were not charged")


class Words(NamedTuple):
    """How a status is told: in seed 1's and seed 2's words ('' where they have none), and here.

    `hint` explains it.
    """

    seed_1: str
    seed_2: str
    shown: str
    hint: str = ""


_PENDING = N_("Pending")
_NOT_SELECTED = N_("Not selected – not charged")
WORDS = {
    "draft": Words(
        "", "", N_("Card missing"), N_("Give your card to finish this pre-order. No charge now.")
    ),
    "pending": Words(_PENDING, "", _PENDING, N_("Your card has not been charged.")),
    "approved": Words(_PENDING, "", _PENDING, N_("Your card has not been charged.")),
    "charging": Words(_PENDING, "", _PENDING, N_("Your card is being charged.")),
    "needs_action": Words(
        "",
        "",
        N_("Action needed"),
        N_("Your bank wants you to confirm this payment. Your ticket is kept until then."),
    ),
    "paid": Words("", N_("Processing"), N_("Processing"), N_("Paid. Your ticket is on its way.")),
    "waiting_for_stock": Words(
        "",
        N_("Waiting for Ticket"),
        N_("Waiting for Ticket"),
        N_("Paid, and no ticket is here yet. It comes by itself, or your money goes back."),
    ),
    "fulfilled": Words(
        N_("Successful – Ticket Sent"), N_("Fulfilled"), N_("Successful – Ticket Sent")
    ),
    "failed": Words(
        N_("Failed – Card Declined"), "", N_("Failed – Card Declined"), N_("You were not charged.")
    ),
    "denied": Words("", "", _NOT_SELECTED),
    "not_allocated": Words("", "", _NOT_SELECTED),
    "cancelled": Words("", "", N_("Cancelled"), N_("You were not charged.")),
    "refunded": Words("", "", N_("Refunded"), N_("Your money is on its way back to your card.")),
    "refund_failed": Words(
        "",
        "",
        N_("Refund failed"),
        N_("Your bank did not take the money back. The organizer knows and will try again."),
    ),
}


@dataclass(frozen=True)
class Placed:
    """A pre-order that a member has already: for which event, and how it stands."""

    id: str
    event_id: str
    status: str


class Refusal(NamedTuple):
    """Why something is not possible now; `number` fills `%(number)d`."""

    code: str
    message: str
    number: int = 0


ALREADY = Refusal("already", N_("You have pre-ordered this event already."))


def may_become(status: str, wanted: str) -> bool:
    """Tell whether a pre-order of one status may get another."""
    return wanted in MOVES[status]


def before(wanted: str) -> tuple[str, ...]:
    """Return the statuses from which a pre-order may get the wanted one."""
    return tuple(status for status, following in MOVES.items() if wanted in following)


def window_refusal(window: Window, now: Millis) -> Refusal | None:
    """Say why nothing can be placed, changed or cancelled at this moment."""
    if now < window.opens:
        return Refusal("not_yet", N_("Pre-orders of this event have not begun yet."))
    if now >= window.closes:
        return Refusal("closed", N_("Pre-orders of this event have closed: the week is over."))
    return None


def change_refusal(status: str, window: Window, now: Millis) -> Refusal | None:
    """Say why a member cannot change or cancel a pre-order any more."""
    if status not in CHANGEABLE:
        return Refusal("too_late", N_("This pre-order can no longer be changed or cancelled."))
    if now >= window.closes:
        text = N_("The deadline is over: it could be changed or cancelled until Sunday night.")
        return Refusal("closed", text)
    return None


def card_in_time(window: Window, now: Millis) -> bool:
    """Tell whether a card that comes now still finishes a pre-order begun in the window."""
    return now < window.closes + CARD_GRACE


def counted_in_week(placed: Iterable[Placed]) -> int:
    """Count what stands against a member's limit per week; `placed` is of one week."""
    return sum(one.status not in FREES_WEEK for one in placed)


def in_the_way(placed: Iterable[Placed], event_id: str, per_week: int) -> tuple[str, ...]:
    """Return the unfinished pre-orders of other events that must go so that a new one fits.

    What counts is all but the event's own unfinished one, which the new one takes the place of.
    """
    own = (event_id, "draft")
    counted = (one for one in placed if one.status not in FREES_WEEK)
    others = [one for one in counted if (one.event_id, one.status) != own]
    drafts = [one.id for one in others if one.status == "draft"]
    return tuple(drafts[: max(0, len(others) + 1 - per_week)])


def limit_refusal(placed: Iterable[Placed], event_id: str, per_week: int) -> Refusal | None:
    """Say that a member has as many pre-orders as they may; unfinished ones give way.

    `placed`: all of this member and week. Their own unfinished one of the event is taken up
    again instead.
    """
    known = list(placed)
    own = [one for one in known if one.event_id == event_id and one.status in OPEN]
    if any(one.status != "draft" for one in own):
        return ALREADY
    kept = [one for one in known if one.status not in ("draft", *FREES_WEEK)]
    if len(kept) >= per_week:
        text = N_("You may pre-order %(number)d times a week. Cancel one to choose another event.")
        if per_week == 1:
            text = N_("You may pre-order once a week. Cancel that one to choose another event.")
        return Refusal("week_limit", text, per_week)
    return None


def spoken_time(at: str) -> str:
    """Write a time of day as seed 1 does: `7PM`, `7:30PM`."""
    hour, minute = (int(part) for part in at.split(":"))
    half = "AM" if hour < 12 else "PM"
    return f"{(hour - 1) % 12 + 1}{f':{minute:02d}' if minute else ''}{half}"


class Slot(NamedTuple):
    """The week whose cards are charged, and when that begins."""

    week: str
    at: Millis


def slot_of(week: str, zone: str, weekday: int, at: str) -> Slot:
    """Return when a week's cards are charged."""
    return Slot(week, charge_time(week, zone, weekday, at))


def last_slot(now: Millis, zone: str, weekday: int, at: str) -> Slot:
    """Return the latest charge time of a club that is not after `now`."""
    week = week_after(week_of(now, zone), -1)
    while True:
        slot = slot_of(week, zone, weekday, at)
        if slot.at <= now:
            return slot
        week = week_after(week, -1)

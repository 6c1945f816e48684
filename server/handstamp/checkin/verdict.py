"""What a person at the door is shown. Twin: pwa/src/core/verdict.js.

Vectors: shared/vectors/verdict.
"""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

from handstamp.checkin.entry_rules import SINGLE, EntryRules, entry_rules_of
from handstamp.checkin.fold import State
from handstamp.checkin.turns import turn_joined
from handstamp.checkin.wire import BY_POLICY, FLAGGED, Ref
from handstamp.kit.clock import Millis

Verdict = Literal[
    "valid",
    "already_used",
    "refunded",
    "cancelled",
    "superseded",
    "disputed",
    "wrong_event",
    "wrong_list",
    "too_early",
    "too_late",
    "list_too_old",
    "unknown",
    "forged",
    "not_a_ticket",
    "not_inside",
]
TokenCheck = Literal[
    "ok", "forged", "unknown_key", "newer", "not_a_ticket", "search", "foreign", "unlisted"
]

CODES: dict[str, int] = {
    "valid": 1,
    "already_used": 2,
    "refunded": 3,
    "cancelled": 4,
    "superseded": 5,
    "disputed": 6,
    "wrong_event": 7,
    "wrong_list": 8,
    "too_early": 9,
    "too_late": 10,
    "list_too_old": 11,
    "unknown": 12,
    "forged": 13,
    "not_a_ticket": 14,
    "not_inside": 15,
}
STATUS_CODES: dict[str, int] = {"valid": 0, "refunded": 1, "cancelled": 2, "disputed": 3}
_BY_STATUS: dict[int, Verdict] = {1: "refunded", 3: "disputed"}
_UNREAD: dict[TokenCheck, Verdict] = {
    "not_a_ticket": "not_a_ticket",
    "newer": "list_too_old",
    "unknown_key": "list_too_old",
    "forged": "forged",
    "unlisted": "unknown",
}
_BY_ROW = ("search", "foreign")  # the list's row counts, no token was needed


class TokenRead(NamedTuple):
    """What was scanned; zeros where nothing was read.

    `search`: a row that was picked. `foreign`: a row found by its code from elsewhere.
    `unlisted`: no such code is listed, though others are (R48).
    """

    check: TokenCheck
    event: int = 0
    serial: int = 0
    tier: int = 0
    epoch: int = 0
    compromised: bool = False


class EventPolicy(NamedTuple):
    """The event's number and what it does with tickets issued after the cursor."""

    number: int
    unknown_policy: str
    unknown_max_age_s: int


class Listed(NamedTuple):
    """The ticket as the list has it; status by the codes of R30."""

    tier: int
    status: int
    epoch: int


class Window(NamedTuple):
    """When entry is allowed, ms; open where None (R28)."""

    from_: Millis | None
    until: Millis | None


class ListRules(NamedTuple):
    """One revision of a check-in list: which tiers enter when, and how often."""

    list_no: int
    rev: int
    tiers: tuple[tuple[int, Window], ...]
    entry: EntryRules = SINGLE


class Decision(NamedTuple):
    """A verdict; `window` is the entry window it missed.

    `used`: the ref of whoever was let in already (R59), or last left (R60).
    """

    verdict: Verdict
    admit: bool = False
    flags: tuple[str, ...] = ()
    used: Ref | None = None
    window: Window | None = None


def decide(
    *,
    token: TokenRead,
    event: EventPolicy,
    ticket: Listed | None,
    rules: ListRules,
    state: State | None,
    now: Millis,
    list_age_s: int,
    inside: int | None = None,
) -> Decision:
    """Judge one token, or one row found without one, on one list (R26-R29, R48, R59).

    `ticket` is None when the serial is not listed; `state` None when it has no facts. `inside`:
    how many are inside by this list, None when nobody counts (R58).
    """
    decision = _judge(
        token=token,
        event=event,
        ticket=ticket,
        rules=rules,
        state=state,
        now=now,
        list_age_s=list_age_s,
    )
    if not (decision.admit and _is_full(rules, inside)):
        return decision
    return decision._replace(flags=(*decision.flags, "over_capacity"))


def _judge(
    *,
    token: TokenRead,
    event: EventPolicy,
    ticket: Listed | None,
    rules: ListRules,
    state: State | None,
    now: Millis,
    list_age_s: int,
) -> Decision:
    unread = _unread(token, event, ticket)
    if unread:
        return Decision(unread, flags=("unlisted_code",) if token.check == "unlisted" else ())
    known = max(ticket.epoch if ticket else 0, state.epoch if state else 0)
    epoch = known if token.check in _BY_ROW else token.epoch
    listed = ticket if ticket and epoch == known else None
    refused = (
        Decision("superseded")
        if epoch < known
        else _ended(listed) or _barred(rules, listed.tier if listed else token.tier, now)
    )
    if refused:
        return refused
    used, old_admitted = _used(state, rules, epoch, now)
    if used:
        return Decision("already_used", used=used)
    flags = ("old_code_admitted",) if old_admitted else ()
    if listed:
        return Decision("valid", admit=True, flags=flags)
    return _unknown(event, list_age_s, flags)


def decide_exit(
    *,
    token: TokenRead,
    event: EventPolicy,
    ticket: Listed | None,
    rules: ListRules,
    state: State | None,
) -> Decision:
    """Judge somebody who leaves (R60); `admit` says that an exit is to be written down."""
    unread = _unread(token, event, ticket)
    if unread:
        return Decision(unread, flags=("unlisted_code",) if token.check == "unlisted" else ())
    known = max(ticket.epoch if ticket else 0, state.epoch if state else 0)
    epoch = known if token.check in _BY_ROW else token.epoch
    if epoch < known:
        return Decision("superseded")
    of = state.lists.get(rules.list_no) if state else None
    if state and of and of.inside and epoch == state.epoch:
        return Decision("valid", admit=True)
    return Decision("not_inside", used=of.exits[-1] if of and of.exits else None)


def _unread(token: TokenRead, event: EventPolicy, ticket: Listed | None) -> Verdict | None:
    if token.check in _BY_ROW:
        return None if ticket else "not_a_ticket"
    if token.check != "ok":
        return _UNREAD[token.check]
    if token.compromised and (ticket is None or ticket.epoch != token.epoch):
        return "forged"
    return None if token.event == event.number else "wrong_event"


def _ended(listed: Listed | None) -> Decision | None:
    if listed is None or not listed.status:
        return None
    return Decision(_BY_STATUS.get(listed.status, "cancelled"))


def _barred(rules: ListRules, tier: int, now: Millis) -> Decision | None:
    windows = [window for number, window in rules.tiers if number == tier]
    if not windows:
        return Decision("wrong_list")
    if any(_open(window, now) for window in windows):
        return None
    ahead = [window for window in windows if window.from_ is not None and now < window.from_]
    if ahead:
        return Decision("too_early", window=min(ahead, key=lambda window: window.from_ or 0))
    return Decision("too_late", window=max(windows, key=lambda window: window.until or 0))


def _open(window: Window, now: Millis) -> bool:
    begun = window.from_ is None or window.from_ <= now
    return begun and (window.until is None or now < window.until)


def _used(
    state: State | None, rules: ListRules, epoch: int, now: Millis
) -> tuple[Ref | None, bool]:
    """Return who used the turn up that an entry now would join, and whether an old code was in."""
    of = state.lists.get(rules.list_no) if state else None
    if state is None or of is None:
        return None, False
    if epoch > state.epoch:
        return None, bool(of.greens or of.old)
    turn = turn_joined(rules.entry, now, of.turns)
    used_up = turn is not None and turn.entries >= rules.entry.limit
    return turn.by if turn and used_up else None, bool(of.old)


def _is_full(rules: ListRules, inside: int | None) -> bool:
    capacity = rules.entry.capacity
    return capacity is not None and inside is not None and inside >= capacity


def _unknown(event: EventPolicy, list_age_s: int, flags: tuple[str, ...]) -> Decision:
    if event.unknown_policy not in ("accept", "accept_and_flag"):
        return Decision("unknown", flags=flags)
    if list_age_s > event.unknown_max_age_s:
        return Decision("list_too_old", flags=flags)
    flagged = ("flagged",) if event.unknown_policy == "accept_and_flag" else ()
    return Decision("unknown", admit=True, flags=("by_policy", *flagged, *flags))


def flag_bits(flags: Collection[str]) -> int:
    """Return a decision's flags as the bits of a fact (R12)."""
    flagged = "flagged" in flags or "old_code_admitted" in flags
    return FLAGGED * flagged | BY_POLICY * ("by_policy" in flags)


def rules_of(entry: dict[str, Any]) -> ListRules:
    """Read a list revision `{list, rev, rules}` as it is fed (R35)."""
    return ListRules(
        entry["list"],
        entry["rev"],
        tuple(
            (tier["tier"], Window(tier.get("from"), tier.get("until")))
            for tier in entry["rules"]["tiers"]
        ),
        entry_rules_of(entry["rules"]),
    )


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """Write a decision as `schemas/verdict.schema.json` has it."""
    window = decision.window
    return {
        "verdict": decision.verdict,
        "admit": decision.admit,
        "flags": [*decision.flags],
        "used": None if decision.used is None else [*decision.used],
        "window": None if window is None else {"from": window.from_, "until": window.until},
    }

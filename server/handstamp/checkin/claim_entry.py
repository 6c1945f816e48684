"""Strict mode: a phone asks before it admits, and no other is granted the same (R64, R65)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from handstamp.checkin import store
from handstamp.checkin.batch import Batch, DoorDevice
from handstamp.checkin.batcher import batcher
from handstamp.checkin.device_credentials import read_paired
from handstamp.checkin.open_claims import MOST_ASKS, HeldClaim, Place
from handstamp.checkin.pair_device import numbers
from handstamp.checkin.project_admissions import state_of
from handstamp.checkin.verdict import (
    STATUS_CODES,
    Decision,
    EventPolicy,
    Listed,
    ListRules,
    TokenRead,
    decide,
    rules_of,
)
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    TooMany,
    Unauthenticated,
)
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

MOST_OPEN = 100  # before a decision; more is a phone that never says what it did
MOST_AT_ONCE = 200  # of a party (R72)
RETRY_S = 5


class ClaimAsked(NamedTuple):
    """What a phone asks: may this ticket be let in here? `ask` is new for each decision."""

    place: Place
    ask: str
    gate: str = ""


async def claim_entry(services: Services, credential: str, asked: ClaimAsked) -> dict[str, Any]:
    """Grant a claim or say who has it; returns the answer's members, after the commit.

    Raises:
        Unauthenticated: the credential is of no pairing here.
        Forbidden: the pairing has ended, or is not for that list.
        BadInput: the event has no such list.
        NotFound: the server does not know the ticket.
        Conflict: the event is not strict, or the id was reported unused or is used up.
        TooMany: the device holds a hundred open claims.
    """
    told = await _submit(services, credential, [asked])
    (answer,) = told.answers
    if isinstance(answer, Problem):
        raise answer
    return {**answer, **told.about_phone}


async def claim_party(
    services: Services, credential: str, asked: Sequence[ClaimAsked]
) -> dict[str, Any]:
    """Answer several questions about one list in one transaction, each as if it were alone (R72).

    Returns after the commit: `answers` in the order asked, with the code of a refusal that is of
    one question alone as its `error`.

    Raises:
        Unauthenticated, Forbidden, BadInput: as of one question.
        Conflict: the event is not strict.
    """
    told = await _submit(services, credential, asked)
    answers = [_or_error(answer, told.about_phone["server_time"]) for answer in told.answers]
    return {"answers": answers, **told.about_phone}


class _Answers(NamedTuple):
    answers: list[dict[str, Any] | Problem]
    about_phone: dict[str, Any]


async def _submit(services: Services, credential: str, asked: Sequence[ClaimAsked]) -> _Answers:
    device, event_id = read_paired(services, credential)
    told: _Answers | Problem = await batcher(services).submit(event_id, ClaimItem(device, asked))
    if isinstance(told, Problem):
        raise told
    return told


def _or_error(answer: dict[str, Any] | Problem, now: Millis) -> dict[str, Any]:
    if isinstance(answer, Problem):
        return {"granted": False, "at": now, "verdict": "", "by": None, "error": answer.code}
    return {**answer, "error": ""}


@dataclass
class ClaimItem:
    """Questions about one list as a batch item: facts and claims cannot cross."""

    device: int
    asked: Sequence[ClaimAsked]  # at least one

    @property
    def weight(self) -> int:
        """One for each question."""
        return len(self.asked)

    def devices(self) -> Collection[int]:
        """Return who asks."""
        return (self.device,)

    def serials(self) -> Collection[int]:
        """Return the tickets."""
        return {asked.place.serial for asked in self.asked}

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None: a claim is no fact."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None: the claim itself is found again."""
        return ()

    def decide(self, batch: Batch) -> _Answers | Problem:
        """Answer each, and open claims that nobody has; refusals are returned."""
        device = batch.devices.get(self.device)
        if device is None or device.kind != "phone":
            return Unauthenticated(_("This device is not paired here."), code="not_paired")
        if device.ended(batch.now):
            state = "revoked" if device.revoked_at is not None else "expired"
            return Forbidden(_("This pairing has ended."), code=state)
        policy = _policy_if_strict(batch)
        rules = self._rules(batch, device)
        for problem in (policy, rules):
            if isinstance(problem, Problem):
                return problem
        assert isinstance(policy, EventPolicy)
        assert isinstance(rules, ListRules)
        may_open = batch.claims.count_open(device.id) < MOST_OPEN
        asking = _Asking(batch, device, policy, rules, may_open)
        answers = [asking.answer(asked) for asked in self.asked]
        standing = "repair" if device.forked_at is not None else "active"
        return _Answers(answers, {"standing": standing, "server_time": batch.now})

    def _rules(self, batch: Batch, device: DoorDevice) -> ListRules | Problem:
        number = self.asked[0].place.list_no
        revisions = batch.rules.get(number)
        if not revisions:
            return BadInput(_("The event has no list number %(number)d.") % {"number": number})
        allowed = numbers(device.lists)
        if allowed and number not in allowed:
            return Forbidden(_("This phone is not for that check-in list."), code="wrong_list")
        rev = max(revisions)
        return rules_of({"list": number, "rev": rev, "rules": revisions[rev]})


@dataclass(frozen=True)
class _Asking:
    """A phone that asks, and what every one of its questions is judged by."""

    batch: Batch
    device: DoorDevice
    policy: EventPolicy
    rules: ListRules
    may_open: bool

    def answer(self, asked: ClaimAsked) -> dict[str, Any] | Problem:
        batch, device, (place, ask, _gate) = self.batch, self.device, asked
        before = batch.claims.asked(device.id, place, ask)
        if before is not None and (before.ended_at is not None or ask in before.dropped):
            return Conflict(_("That question is over. Ask anew."), code="claim_ended")
        claim = batch.claims.open_on(place)
        if claim is None:
            return self._open(asked)
        if claim.device != device.id:
            return _told(batch, verdict="already_used", by=_holder(batch, claim))
        if ask not in claim.asks:
            if len(claim.asks) >= MOST_ASKS:
                said = _("This phone asked for the same ticket too often.")
                return TooMany(said, retry_after=RETRY_S)
            claim.asks.add(ask)
            claim.changed = True
        return _told(batch, verdict="valid", granted_at=claim.granted_at)

    def _open(self, asked: ClaimAsked) -> dict[str, Any] | Problem:
        batch, device, (place, ask, gate) = self.batch, self.device, asked
        decision = self._judge(place)
        if decision is None:
            return NotFound(_("The server does not know this ticket."), code="unknown_ticket")
        if not decision.admit:
            by = _first(batch, place, decision)
            return _told(batch, verdict=decision.verdict, by=by)
        if not self.may_open:
            said = _("This phone holds too many claims. Let it sync first.")
            return TooMany(said, retry_after=RETRY_S)
        batch.claims.grant(device.id, place, ask, gate=gate or device.gate, now=batch.now)
        return _told(batch, verdict="valid", granted_at=batch.now)

    def _judge(self, place: Place) -> Decision | None:
        batch, policy = self.batch, self.policy
        ticket = batch.tickets.get(place.serial)
        if ticket is None:
            return None
        return decide(
            token=TokenRead("ok", policy.number, place.serial, ticket.tier, place.epoch),
            event=policy,
            ticket=Listed(ticket.tier, STATUS_CODES.get(ticket.status, 4), ticket.epoch),
            rules=self.rules,
            state=state_of(batch, place.serial),
            now=batch.now,
            list_age_s=0,
        )


@dataclass
class DropClaims:
    """Ids under which a device asked and whose answers it did not use, as a batch item."""

    device: int
    unused: tuple[ClaimAsked, ...]
    weight: int = 1

    def devices(self) -> Collection[int]:
        """Return who asked."""
        return (self.device,)

    def serials(self) -> Collection[int]:
        """Return the tickets."""
        return {asked.place.serial for asked in self.unused}

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None: a claim is no fact."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None: what is dropped may be dropped again."""
        return ()

    def decide(self, batch: Batch) -> None:
        """Drop each; a claim ends with the last id under which it was asked."""
        if self.device in batch.devices:
            for asked in self.unused:
                if asked.place.serial in batch.tickets:  # of others nothing is ever granted
                    batch.claims.drop(self.device, asked.place, asked.ask, batch.now)


def _policy_if_strict(batch: Batch) -> EventPolicy | Problem:
    row = batch.connection.execute(store.STRICT_EVENT, {"event": batch.event_id}).one()
    if row.strict_budget_ms is None:
        return Conflict(_("This event is not in strict mode."), code="not_strict")
    return EventPolicy(row.number, row.unknown_policy, row.unknown_max_age_s)


def _told(
    batch: Batch,
    *,
    verdict: str,
    granted_at: Millis | None = None,
    by: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "granted": granted_at is not None,
        "at": granted_at if granted_at is not None else batch.now,
        "verdict": verdict,
        "by": by,
    }


def _holder(batch: Batch, claim: HeldClaim) -> dict[str, Any]:
    device = batch.devices.get(claim.device)
    return {
        "device": device.name if device else "",
        "gate": claim.gate,
        "since": claim.granted_at,
        "open": True,
    }


def _first(batch: Batch, place: Place, decision: Decision) -> dict[str, Any] | None:
    facts = batch.facts.get(place.serial, ())
    fact = next((one for one in facts if one.ref == decision.used), None)
    if decision.used is None or fact is None:
        return None
    device = batch.devices.get(fact.device)
    return {
        "device": device.name if device else "",
        "gate": device.gate if device else "",
        "since": fact.time,
        "open": False,
    }

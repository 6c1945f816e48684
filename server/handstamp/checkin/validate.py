"""One scan by a third-party scanner, decided and written down by the server (R45)."""

import asyncio
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from handstamp.checkin.batch import Batch, DoorDevice, DoorTicket
from handstamp.checkin.batcher import batcher
from handstamp.checkin.find_inside import inside_of
from handstamp.checkin.fold import State
from handstamp.checkin.list_rows import Personal
from handstamp.checkin.models import Device
from handstamp.checkin.movements import MOVEMENTS
from handstamp.checkin.open_claims import HeldClaim, Place
from handstamp.checkin.pair_device import numbers
from handstamp.checkin.project_admissions import state_of
from handstamp.checkin.validate_keys import PREFIX, key_hash
from handstamp.checkin.verdict import (
    CODES,
    STATUS_CODES,
    Decision,
    EventPolicy,
    Listed,
    ListRules,
    TokenRead,
    decide,
    decide_exit,
    decision_to_json,
    flag_bits,
    rules_of,
)
from handstamp.checkin.wire import ADMIT, API, DENY, EXIT, NO_DIGEST, Fact, encode_fact, fact_hash
from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE
from handstamp.plumbing.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Unauthenticated,
)
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets.find_by_code import has_codes, serial_by_code
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.signing_keys import keys_of_event
from handstamp.tickets.token import Checked, TicketKey, check_token, token_digest

FORGED_A_MINUTE = 60
MOST_SEEN = 64  # R11
FRESH_S = 1.0
KEYS_IN_MEMORY = 1_000


class Question(NamedTuple):
    """What a scanner asks; `list_no` None means the first list its key may use.

    `leaving`: somebody goes out (R60).
    """

    text: str
    list_no: int | None = None
    operator: str = ""
    idempotency_key: str = ""
    leaving: bool = False


class _Scanner(NamedTuple):
    device: int
    event_id: str


class _EventKnown(NamedTuple):
    read_at: float
    policy: EventPolicy
    personal: Personal
    keys: dict[int, TicketKey]


async def validate(services: Services, key: str, question: Question) -> dict[str, Any]:
    """Decide one scan; returns the members of the answer, after the fact is committed.

    Raises:
        Unauthenticated: the key is not one of this server, or has ended.
        Forbidden: the key is not for that list.
        BadInput: the event has no such list.
        Conflict: the Idempotency-Key was used for another question.
        TooMany: too many forged codes in a minute by this key.
    """
    scanner = await _scanner(services, key)
    known = await _event_known(services, scanner.event_id)
    checked = check_token(question.text, known.keys)
    if checked.check == "unknown_key":
        known = await _event_known(services, scanner.event_id, again=True)
        checked = check_token(question.text, known.keys)
    read, digest = await _read(services, scanner.event_id, known, question.text, checked)
    if read.check in ("forged", "unlisted"):
        bucket = f"forged:{scanner.device}"
        await hit(services, bucket, limit=FORGED_A_MINUTE, window_ms=MINUTE)
    asked = Asked(scanner.device, known.policy, known.personal, question, read, digest)
    answer = await batcher(services).submit(scanner.event_id, asked)
    if isinstance(answer, Problem):
        raise answer
    members: dict[str, Any] = answer
    return members


async def _read(
    services: Services, event_id: str, known: _EventKnown, text: str, checked: Checked
) -> tuple[TokenRead, bytes]:
    """Return what the text is, by its token or by its code from elsewhere (R48), and its digest."""
    if checked.check != "ok":
        foreign = await _by_code(services, event_id, known, text, checked)
        if foreign is not None:
            return foreign
    read = TokenRead(checked.check, compromised=checked.compromised)
    if checked.token is None:
        return read, NO_DIGEST
    if (body := checked.token.body) is not None:
        read = read._replace(event=body.event, serial=body.serial, tier=body.tier, epoch=body.epoch)
    return read, token_digest(checked.token.signature)


async def _by_code(
    services: Services, event_id: str, known: _EventKnown, text: str, checked: Checked
) -> tuple[TokenRead, bytes] | None:
    number = known.policy.number
    digest = foreign_code_digest(number, text)
    if digest is None:
        return None
    async with services.db.read() as session:
        serial = await serial_by_code(session, event_id, digest)
        coded = serial is not None or await has_codes(session, event_id)
    if serial is not None:
        return TokenRead("foreign", event=number, serial=serial), digest
    if coded and checked.check == "not_a_ticket":
        return TokenRead("unlisted"), NO_DIGEST
    return None


@dataclass
class Asked:
    """One question as a batch item."""

    device: int
    policy: EventPolicy
    personal: Personal
    question: Question
    read: TokenRead
    digest: bytes
    weight: int = 1

    def devices(self) -> Collection[int]:
        """Return the key's device."""
        return (self.device,)

    def serials(self) -> Collection[int]:
        """Return the ticket, if the token is one of this event."""
        return (self.read.serial,) if self._is_ours() else ()

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None: the server writes this log itself."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """Return the Idempotency-Key, if there is one."""
        key = self.question.idempotency_key
        return ((self.device, key),) if key else ()

    def decide(self, batch: Batch) -> dict[str, Any] | Problem:
        """Answer as before, or judge, write the fact and answer; refusals are returned."""
        device = batch.devices.get(self.device)
        if device is None or device.ended(batch.now):
            return Unauthenticated(_("This scanner's key has ended."), code="key_ended")
        key = self.question.idempotency_key
        if (first := batch.answers.get((self.device, key))) is not None:
            asked, answer = first
            if asked != self._hash():
                return Conflict(_("This Idempotency-Key was used for another question."))
            members: dict[str, Any] = json.loads(answer)
            return members
        rules = self._rules(batch, device)
        if isinstance(rules, Problem):
            return rules
        answer_now = self._judge(batch, device, rules)
        if key:
            batch.keep_answer(self.device, key, self._hash(), json.dumps(answer_now))
        return answer_now

    def _judge(self, batch: Batch, device: DoorDevice, rules: ListRules) -> dict[str, Any]:
        ours = self._is_ours()
        ticket = batch.tickets.get(self.read.serial) if ours else None
        state = state_of(batch, self.read.serial) if ours else None
        decision = self._decide(batch, rules, ticket, state)
        epoch = self.read.epoch if self.read.check == "ok" else _known_epoch(ticket, state)
        claim = batch.claims.open_on(Place(rules.list_no, self.read.serial, epoch))
        held = claim if ours and decision.admit and not self.question.leaving else None
        if held is not None:  # a phone in strict mode is admitting it at this moment (R64)
            decision = Decision("already_used")
        answer = self._answer(batch, rules, decision, ticket, state)
        if held is not None:
            answer["used"] = _being_admitted(batch, held, rules)
        fact = self._fact(batch, device, rules, decision, epoch)
        raw = encode_fact(fact)
        scanned = ticket is not None and ticket.was_read(fact.digest, fact.epoch)
        batch.add_fact(raw, fact, fact_hash(raw), scanned=scanned)
        return answer | {"fact": {"device": device.id, "number": fact.number}}

    def _decide(
        self, batch: Batch, rules: ListRules, ticket: DoorTicket | None, state: State | None
    ) -> Decision:
        listed = _listed(ticket)
        if self.question.leaving:
            return decide_exit(
                token=self.read, event=self.policy, ticket=listed, rules=rules, state=state
            )
        return decide(
            token=self.read,
            event=self.policy,
            ticket=listed,
            rules=rules,
            state=state,
            now=batch.now,
            list_age_s=0,
            inside=inside_of(batch, rules),
        )

    def _fact(
        self, batch: Batch, device: DoorDevice, rules: ListRules, decision: Decision, epoch: int
    ) -> Fact:
        ours = self._is_ours()
        moves = batch.facts.get(self.read.serial, ()) if ours else ()
        seen = [fact for fact in moves if fact.kind in MOVEMENTS][-MOST_SEEN:]
        let = EXIT if self.question.leaving else ADMIT
        return Fact(
            device=device.id,
            number=device.head_number + 1,
            previous=device.head_hash,
            kind=let if decision.admit else DENY,
            list_no=rules.list_no,
            rule_rev=rules.rev,
            serial=self.read.serial if ours else 0,
            epoch=epoch if ours else 0,
            how=API,
            verdict=CODES[decision.verdict],
            flags=flag_bits(decision.flags),
            digest=self.digest,
            claimed=batch.now,
            clock=batch.now,
            cursor=batch.head.next_seq,
            age=0,
            seen=tuple(fact.ref for fact in seen),
            operator=self.question.operator,
            gate=device.gate,
        )

    def _answer(
        self,
        batch: Batch,
        rules: ListRules,
        decision: Decision,
        ticket: DoorTicket | None,
        state: State | None,
    ) -> dict[str, Any]:
        members = decision_to_json(decision)
        members["used"] = _used(batch, self.read.serial, decision, rules)
        members["list"] = rules.list_no
        members["server_time"] = batch.now
        members["ticket"] = None
        if ticket is not None and state is not None:
            members["ticket"] = {
                "printed_id": ticket.printed_id,
                "tier": ticket.tier,
                "name": ticket.name if self.personal.name else "",
                "order": ticket.order if self.personal.order else "",
            }
        return members

    def _rules(self, batch: Batch, device: DoorDevice) -> ListRules | Problem:
        allowed = numbers(device.lists) or sorted(batch.rules)
        chosen = self.question.list_no
        if chosen is None:
            if not allowed:
                return BadInput(_("This event has no check-in list yet."))
            chosen = allowed[0]
        revisions = batch.rules.get(chosen)
        if not revisions:
            return BadInput(_("The event has no list number %(number)d.") % {"number": chosen})
        if chosen not in allowed:
            return Forbidden(_("This key is not for that check-in list."))
        rev = max(revisions)
        return rules_of({"list": chosen, "rev": rev, "rules": revisions[rev]})

    def _is_ours(self) -> bool:
        genuine = self.read.check in ("ok", "foreign")
        return genuine and self.read.event == self.policy.number

    def _hash(self) -> str:
        question = self.question
        asked = [question.text, question.list_no, question.operator]
        asked += ["leaving"] if question.leaving else []
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _known_epoch(ticket: DoorTicket | None, state: State | None) -> int:
    return max(ticket.epoch if ticket else 0, state.epoch if state else 0)


def _listed(ticket: DoorTicket | None) -> Listed | None:
    if ticket is None:
        return None
    return Listed(ticket.tier, STATUS_CODES.get(ticket.status, 4), ticket.epoch)


def _used(batch: Batch, serial: int, decision: Decision, rules: ListRules) -> dict[str, Any] | None:
    if decision.used is None:
        return None
    winner = next(fact for fact in batch.facts[serial] if fact.ref == decision.used)
    device = batch.devices.get(winner.device)
    return {
        "at": winner.time,
        "device": device.name if device else "",
        "gate": device.gate if device else "",
        "list": rules.list_no,
    }


def _being_admitted(batch: Batch, claim: HeldClaim, rules: ListRules) -> dict[str, Any]:
    device = batch.devices.get(claim.device)
    return {
        "at": claim.granted_at,
        "device": device.name if device else "",
        "gate": claim.gate,
        "list": rules.list_no,
    }


async def _scanner(services: Services, key: str) -> _Scanner:
    if not key.startswith(PREFIX) or len(key) > 100:
        raise Unauthenticated(_("Send a scanner's key as a Bearer credential."))
    remembered: dict[str, _Scanner] = services.rooms.setdefault("checkin.scanners", {})
    hashed = key_hash(services, key)
    found = remembered.get(hashed)
    if found is None:
        async with services.db.read() as session:
            row = (
                await session.execute(
                    select(Device.id, Device.event_id).where(
                        Device.secret_hash == hashed, Device.kind == "api"
                    )
                )
            ).one_or_none()
        if row is None:
            raise Unauthenticated(_("This server has no such scanner's key."))
        if len(remembered) >= KEYS_IN_MEMORY:
            remembered.clear()
        found = remembered[hashed] = _Scanner(row.id, row.event_id)
    return found


async def _event_known(services: Services, event_id: str, *, again: bool = False) -> _EventKnown:
    """Return policy and keys, read at most a second ago."""
    remembered: dict[str, _EventKnown] = services.rooms.setdefault("checkin.events", {})
    now = asyncio.get_running_loop().time()
    found = remembered.get(event_id)
    if found is not None and now - found.read_at < FRESH_S and not again:
        return found
    async with services.db.read() as session:
        event = await session.get(Event, event_id)
        if event is None:
            raise NotFound(_("There is no such event."))
        keys = {
            key.id: TicketKey(key.public, key.compromised)
            for key in await keys_of_event(session, event)
        }
    if len(remembered) >= KEYS_IN_MEMORY:
        remembered.clear()
    policy = EventPolicy(event.number, event.unknown_policy, event.unknown_max_age_s)
    made = _EventKnown(now, policy, Personal.of(event.snapshot_fields), keys)
    remembered[event_id] = made
    return made

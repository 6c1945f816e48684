"""Paired devices for tests, and a phone that follows the protocol over real HTTP."""

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.phone_copy import Copy

from handstamp.checkin.entry_rules import entry_rules_of
from handstamp.checkin.fold import fact_of_row
from handstamp.checkin.movements import MOVEMENTS, FoldFact
from handstamp.checkin.pair_device import make_pairing_code
from handstamp.checkin.undo import grants
from handstamp.checkin.validate_keys import create_key
from handstamp.checkin.verdict import (
    CODES,
    Decision,
    EventPolicy,
    Listed,
    TokenRead,
    decide,
    flag_bits,
    rules_of,
)
from handstamp.checkin.wire import (
    ADMIT,
    BY_SUPERVISOR,
    DENY,
    NO_DIGEST,
    NO_HASH,
    SCAN,
    Fact,
    FactRow,
    Ref,
    TicketRow,
    decode_fact,
    decode_snapshot,
    encode_fact,
    fact_hash,
    head_message,
    row_of,
    snapshot_message,
    tag_of,
    unpack_envelope,
)
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.token import check_token, token_digest

API = "/api/tickets/checkin"


async def make_code(
    session: AsyncSession, services: Services, event: Event, name: str = "Door 1", **others: Any
) -> str:
    """Return a fresh pairing code."""
    return await make_pairing_code(session, services, SYSTEM, event, name=name, **others)


async def make_scanner_key(
    session: AsyncSession, services: Services, event: Event, name: str = "Turnstile", **others: Any
) -> str:
    """Return a fresh key for `validate`."""
    _device, key = await create_key(session, services, SYSTEM, event, name=name, **others)
    return key


async def pair_phone(
    http: httpx2.AsyncClient, services: Services, event: Event, name: str = "Door 1", **others: Any
) -> "Phone":
    """Pair a phone with an event, download its list and fetch what came after it."""
    async with services.db.write() as session:
        code = await make_code(session, services, event, name, **others)
    phone = Phone(http, services.clock)  # type: ignore[arg-type]
    phone.role = others.get("role", phone.role)
    await phone.pair(code)
    await phone.download()
    await phone.sync()
    return phone


@dataclass(eq=False)
class Phone:
    """A phone at a door; what it keeps on its disk survives `crash`."""

    http: httpx2.AsyncClient
    clock: FakeClock
    skew: int = 0
    list_no: int = 1
    role: str = "steward"
    private: bytes = field(default_factory=signing.new_private_key)
    device: int = 0
    credential: str = ""
    certificate: str = ""
    server_key: bytes = b""
    copy: Copy = field(default_factory=Copy)
    log: list[bytes] = field(default_factory=list)
    acked: int = 0
    stamps: dict[int, int] = field(default_factory=dict)
    standing: str = "active"
    forked: bool = False

    async def pair(self, code: str) -> dict[str, Any]:
        """Be paired by a code."""
        sent = {
            "code": code,
            "public_key": base64.b64encode(signing.public_key(self.private)).decode(),
        }
        answer = await self.http.post(f"{API}/pair", json=sent)
        assert answer.status_code == 200, answer.text
        paired: dict[str, Any] = answer.json()
        self.device = paired["device"]
        self.credential = paired["credential"]
        self.certificate = paired["certificate"]
        self.server_key = base64.b64decode(paired["server_key"])
        return paired

    @property
    def headers(self) -> dict[str, str]:
        """The credential as a header."""
        return {"Authorization": f"Bearer {self.credential}"} if self.credential else {}

    async def download(self) -> None:
        """Fetch, check and take over the snapshot."""
        answer = await self.http.get(f"{API}/snapshot", headers=self.headers)
        assert answer.status_code == 200, answer.text
        signature, payload = unpack_envelope(answer.content)
        assert signing.verify(self.server_key, signature, snapshot_message(payload))
        header, tickets, facts = decode_snapshot(payload)
        copy = Copy(cursor=header["cursor"], event=header["event"])
        copy.read_keys(header["keys"])
        copy.tickets = {row.serial: row for row in tickets}
        copy.facts = {(row.device, row.number, row.tag): row for row in facts}
        for entry in header["lists"]:
            copy.lists.setdefault(entry["list"], {})[entry["rev"]] = entry["rules"]
        copy.devices = {row[0]: row for row in header["devices"]}
        self.copy = copy

    def scan(self, text: str) -> Decision:
        """Decide a scanned text with no network, and write the fact down."""
        checked = check_token(text, self.copy.keys)
        read = TokenRead(checked.check, compromised=checked.compromised)
        digest = NO_DIGEST
        if checked.token is not None and checked.token.body is not None:
            body = checked.token.body
            read = TokenRead(
                checked.check, body.event, body.serial, body.tier, body.epoch, checked.compromised
            )
            digest = token_digest(checked.token.signature)
        if checked.check != "ok":
            read, digest = self._by_code(text, read, digest)
        ours = read.check in ("ok", "foreign") and read.event == self.copy.event["number"]
        serial = read.serial if ours else 0
        decision = self._decide(read, serial)
        if read.check == "foreign":
            read = read._replace(epoch=self._known_epoch(serial))
        self.append(
            kind=ADMIT if decision.admit else DENY,
            serial=serial,
            epoch=read.epoch if ours else 0,
            verdict=CODES[decision.verdict],
            flags=flag_bits(decision.flags),
            digest=digest,
            seen=self._seen(serial),
        )
        return decision

    def _by_code(self, text: str, read: TokenRead, digest: bytes) -> tuple[TokenRead, bytes]:
        number = self.copy.event["number"]
        code = foreign_code_digest(number, text)
        coded = [row for row in self.copy.tickets.values() if row.code]
        found = min(((r.status, r.serial) for r in coded if r.code == code), default=None)
        if found is not None and code is not None:
            return TokenRead("foreign", number, found[1]), code
        if read.check == "not_a_ticket" and coded and code is not None:
            return TokenRead("unlisted"), digest
        return read, digest

    def _known_epoch(self, serial: int) -> int:
        return self.copy.state(serial, self.own_facts(serial)).epoch

    def _decide(self, read: TokenRead, serial: int) -> Decision:
        row = self.copy.tickets.get(serial)
        event = self.copy.event
        rev = max(self.copy.lists[self.list_no])
        entry = {"list": self.list_no, "rev": rev, "rules": self.copy.lists[self.list_no][rev]}
        return decide(
            token=read,
            event=EventPolicy(event["number"], event["unknown_policy"], event["unknown_max_age_s"]),
            ticket=Listed(row.tier, row.status, row.epoch) if row else None,
            rules=rules_of(entry),
            state=self.copy.state(serial, self.own_facts(serial)) if serial else None,
            now=self.now,
            list_age_s=0,
        )

    @property
    def now(self) -> int:
        """The phone's clock, which may be wrong."""
        return self.clock() + self.skew

    def _seen(self, serial: int) -> tuple[Ref, ...]:
        rows = [(ref, r.kind) for ref, r in self.copy.facts.items() if r.serial == serial]
        own = [(f.ref, f.kind) for f in self.own_facts(serial) if f.ref not in self.copy.facts]
        return tuple(ref for ref, kind in rows + own if kind in MOVEMENTS)[-50:]

    def own_facts(self, serial: int) -> list[FoldFact]:
        """Return this phone's own facts of a ticket, with stamps where the server gave one."""
        return [fact for fact, at in self._own() if at == serial]

    def _own(self) -> list[tuple[FoldFact, int]]:
        own = []
        for raw in self.log:
            fact = decode_fact(raw)
            if fact.kind == DENY:
                continue
            tag = tag_of(fact_hash(raw))
            scanned, granted = fact.digest != NO_DIGEST, self._granted(fact)
            stamp = self.stamps.get(tag)
            row = row_of(fact, tag, stamp=stamp, scanned=scanned, granted=granted)
            own.append((fact_of_row(row), fact.serial))
        return own

    def _granted(self, fact: Fact) -> int:
        """What this phone was granted for its own undo or override (R56)."""
        named = self.copy.lists.get(fact.list_no, {}).get(fact.rule_rev, {})
        pin = bool(fact.flags & BY_SUPERVISOR) and self.copy.event.get("supervisor") is not None
        target = None
        if fact.target and fact.target[0] == self.device:
            target = decode_fact(self.log[fact.target[1] - 1])
        supervisor = pin or self.role == "supervisor"
        undo_s = entry_rules_of(named).undo_s
        return grants(fact, target, supervisor=supervisor, undo_s=undo_s)

    def append(self, **members: Any) -> Fact:
        """Write a fact to the log."""
        rules = self.copy.lists.get(self.list_no, {})
        fact = Fact(
            **{
                "device": self.device,
                "number": len(self.log) + 1,
                "previous": fact_hash(self.log[-1]) if self.log else NO_HASH,
                "kind": ADMIT,
                "list_no": self.list_no,
                "rule_rev": max(rules, default=0),
                "serial": 0,
                "epoch": 1,
                "how": SCAN,
                "verdict": 1,
                "flags": 0,
                "digest": NO_DIGEST,
                "claimed": self.now,
                "clock": self.now,
                "cursor": (self.copy.cursor or {}).get("seq", 0),
                "age": 0,
                **members,
            }
        )
        self.log.append(encode_fact(fact))
        return fact

    def log_from(self, first: int, count: int = 1_000) -> dict[str, Any]:
        """Return a piece of the log as it is handed in, signed at its end."""
        return sign_log(self.private, self.device, self.log, first, count)

    async def post(self, body: dict[str, Any], *, zipped: bool = False) -> httpx2.Response:
        """Do one exchange with a body of one's own making."""
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        if zipped:
            raw, headers["Content-Encoding"] = gzip.compress(raw), "gzip"
        return await self.http.post(f"{API}/sync", content=raw, headers=headers)

    async def sync(self, *, batch: int = 1_000) -> None:
        """Exchange until nothing is left to hand in or to fetch."""
        for _ in range(1_000):
            sent = self.log_from(self.acked + 1, batch)
            answer = await self.post(self.request([sent]))
            assert answer.status_code == 200, answer.text
            if not await self.receive(answer.json()):
                return
        raise AssertionError("the exchange does not end")

    def request(self, logs: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the body of an exchange."""
        return {
            "protocol": 1,
            "cursor": self.copy.cursor,
            "logs": list(logs),
            "certificates": [self.certificate],
            "clock": self.now,
            "status": {"pending": len(self.log) - self.acked, "list": self.list_no},
        }

    async def receive(self, answer: dict[str, Any]) -> bool:
        """Take an answer in; tells whether to go on exchanging."""
        before = (self.acked, self.copy.cursor)
        for ack in answer["acks"]:
            if ack["device"] == self.device:
                self._acknowledged(ack)
        self.standing = answer["standing"]
        if answer["reset"]:
            await self.download()
            return True
        more = False
        if answer["changes"] is not None:
            self.apply(answer["changes"])
            more = answer["changes"]["more"]
        moved = (self.acked, self.copy.cursor) != before
        return more or (self.acked < len(self.log) and moved and not self.forked)

    def _acknowledged(self, ack: dict[str, Any]) -> None:
        self.forked = self.forked or ack["fork"]
        self.stamps |= {tag: stamp for _number, tag, stamp in ack["stamps"]}
        held = fact_hash(self.log[ack["to"] - 1]) if 0 < ack["to"] <= len(self.log) else NO_HASH
        if ack["to"] > len(self.log) or held != base64.b64decode(ack["hash"]):
            self.forked = True
            return
        self.acked = ack["to"]

    def apply(self, changes: dict[str, Any]) -> None:
        """Commit a page of changes and its cursor at once."""
        copy = replace(
            self.copy,
            tickets=dict(self.copy.tickets),
            facts=dict(self.copy.facts),
            lists={number: dict(revs) for number, revs in self.copy.lists.items()},
            devices=dict(self.copy.devices),
            cursor=changes["to"],
        )
        for row in map(TicketRow.from_json, changes["tickets"]):
            copy.tickets[row.serial] = row
        for fed in map(FactRow.from_json, changes["facts"]):
            copy.facts[fed.device, fed.number, fed.tag] = fed
        for entry in changes["lists"]:
            copy.lists.setdefault(entry["list"], {})[entry["rev"]] = entry["rules"]
        for device in changes["devices"]:
            copy.devices[device[0]] = device
        if changes["event"] is not None:
            copy.event = changes["event"]
        if changes["keys"] is not None:
            copy.read_keys(changes["keys"])
        self.copy = copy

    def clone(self) -> "Phone":
        """Return a phone with a copy of this one's disk: the way a log forks."""
        return replace(self, log=list(self.log), stamps=dict(self.stamps))


def sign_log(
    private: bytes, device: int, log: Sequence[bytes], first: int, count: int = 1_000
) -> dict[str, Any]:
    """Return facts `first` and on of a log, with the signature over the last one sent."""
    facts = list(log[first - 1 : first - 1 + count])
    number = first - 1 + len(facts)
    last = fact_hash(log[number - 1]) if number else NO_HASH
    return {
        "device": device,
        "from": first,
        "facts": [base64.b64encode(raw).decode() for raw in facts],
        "head": number,
        "head_hash": base64.b64encode(last).decode(),
        "signature": base64.b64encode(
            signing.sign(private, head_message(device, number, last))
        ).decode(),
    }

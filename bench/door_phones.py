"""Phones of the figures: paired over HTTP, their logs made as the door app makes them."""

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bench.installation import Installation
from handstamp.checkin.layout import Reader
from handstamp.checkin.pair_device import make_pairing_code
from handstamp.checkin.wire import (
    ADMIT,
    NO_HASH,
    SCAN,
    Fact,
    encode_fact,
    fact_hash,
    head_message,
    unpack_envelope,
)
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import SECOND, Millis, system_clock
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.models import Ticket

API = "/api/tickets/checkin"
BETWEEN_SCANS: Millis = 4 * SECOND


@dataclass
class Phone:
    """A pairing, its log, and the cursor it has."""

    device: int
    credential: str
    private: bytes
    log: list[bytes] = field(default_factory=list)
    head: bytes = NO_HASH
    cursor: dict[str, Any] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What an exchange carries besides its body."""
        return {
            "Authorization": f"Bearer {self.credential}",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip, deflate, br",
        }

    def admit(self, tickets: Sequence[Ticket], now: Millis, *, operator: str = "Mira") -> None:
        """Write an admission of each ticket to the log, the last one now."""
        first = now - BETWEEN_SCANS * len(tickets)
        for place, ticket in enumerate(tickets, 1):
            at = first + BETWEEN_SCANS * place
            raw = encode_fact(
                Fact(
                    device=self.device,
                    number=len(self.log) + 1,
                    previous=self.head,
                    kind=ADMIT,
                    list_no=1,
                    rule_rev=1,
                    serial=ticket.serial,
                    epoch=ticket.epoch,
                    how=SCAN,
                    verdict=1,
                    flags=0,
                    digest=ticket.token_digest,
                    claimed=at,
                    clock=at,
                    cursor=(self.cursor or {}).get("seq", 0),
                    age=30,
                    operator=operator,
                    gate="Main door",
                )
            )
            self.log.append(raw)
            self.head = fact_hash(raw)

    def exchange(self, first: int | None = None) -> dict[str, Any]:
        """Return an exchange that hands in the log from `first` on (nothing without it)."""
        begin = len(self.log) + 1 if first is None else first
        facts = [base64.b64encode(raw).decode() for raw in self.log[begin - 1 :]]
        message = head_message(self.device, len(self.log), self.head)
        part = {
            "device": self.device,
            "from": begin,
            "facts": facts,
            "head": len(self.log),
            "head_hash": base64.b64encode(self.head).decode(),
            "signature": base64.b64encode(signing.sign(self.private, message)).decode(),
        }
        status = {"pending": len(facts), "list": 1, "gate": "Main door", "build": "bench"}
        return {
            "protocol": 1,
            "cursor": self.cursor,
            "logs": [part],
            "certificates": [],
            "clock": system_clock(),
            "status": status,
        }

    def zipped(self, first: int | None = None) -> tuple[dict[str, str], bytes]:
        """Return headers and body of an exchange as the app sends it: large ones with gzip."""
        body = json.dumps(self.exchange(first), separators=(",", ":")).encode()
        if len(body) < 1_024:
            return self.headers, body
        return {**self.headers, "Content-Encoding": "gzip"}, gzip.compress(body, 6)

    async def download(self, http: httpx2.AsyncClient) -> int:
        """Fetch the list and keep its cursor; return the bytes that came over the wire."""
        asked = http.build_request("GET", f"{API}/snapshot", headers=self.headers)
        answer = await http.send(asked, stream=True)
        assert answer.status_code == 200, await answer.aread()
        body = await answer.aread()
        payload = Reader(unpack_envelope(body)[1])
        payload.uint(1)
        self.cursor = json.loads(payload.text())["cursor"]
        return answer.num_bytes_downloaded

    async def sync(self, http: httpx2.AsyncClient) -> dict[str, Any]:
        """Exchange until nothing more waits; return the last answer."""
        while True:
            headers, body = self.zipped()
            answer = await http.post(f"{API}/sync", content=body, headers=headers)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            assert found["changes"] is not None, found
            self.cursor = found["changes"]["to"]
            if not found["changes"]["more"]:
                return found


async def pair_phone(
    here: Installation, event: Event, name: str = "Door 1", *, http: httpx2.AsyncClient
) -> Phone:
    """Pair a phone with the server that `http` reaches."""
    async with here.services.db.write() as session:
        code = await make_pairing_code(session, here.services, SYSTEM, event, name=name)
    private = signing.new_private_key()
    public = base64.b64encode(signing.public_key(private)).decode()
    answer = await http.post(f"{API}/pair", json={"code": code, "public_key": public})
    assert answer.status_code == 200, answer.text
    paired = answer.json()
    return Phone(paired["device"], paired["credential"], private)

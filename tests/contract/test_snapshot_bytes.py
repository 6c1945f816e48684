"""How many bytes of a snapshot a ticket and a fact take: 10,000 tickets, brotli at 9."""

import base64
from random import Random

import brotli  # type: ignore[import-untyped]
from shared.tools.wire_vectors import HEADER
from tests.contract.crowd import admissions, crowd
from tests.contract.twins import JavaScript

from handstamp.checkin.wire import FactRow, TicketRow, encode_snapshot

COUNT = 10_000
TICKETS = crowd(COUNT)


def compressed(tickets: list[TicketRow], facts: list[FactRow]) -> int:
    return len(brotli.compress(encode_snapshot(HEADER, tickets, facts), quality=9))


def test_ticket_with_everything_takes_at_most_22_bytes() -> None:
    assert compressed(TICKETS, []) / COUNT <= 22


def test_ticket_without_mail_takes_at_most_14_bytes() -> None:
    assert compressed([row._replace(email="") for row in TICKETS], []) / COUNT <= 14


def test_fact_takes_at_most_12_bytes() -> None:
    facts = admissions(TICKETS, 9_000)
    assert (compressed(TICKETS, facts) - compressed(TICKETS, [])) / len(facts) <= 12


def test_code_takes_at_most_10_bytes() -> None:
    random = Random(7)
    coded = [row._replace(code=random.randbytes(8)) for row in TICKETS]
    assert (compressed(coded, []) - compressed(TICKETS, [])) / COUNT <= 10


def test_every_row_arrives(javascript: JavaScript) -> None:
    facts = admissions(TICKETS, 9_000)
    tickets = [row._replace(code=row.serial.to_bytes(8, "big")) for row in TICKETS[::7]]
    tickets += [row for place, row in enumerate(TICKETS) if place % 7]
    payload = encode_snapshot(HEADER, tickets, facts)
    read = javascript("decodeSnapshot", {"payload": base64.b64encode(payload).decode()})
    assert sorted(map(TicketRow.from_json, read["tickets"])) == sorted(tickets)
    assert [FactRow.from_json(row) for row in read["facts"]] == sorted(facts)

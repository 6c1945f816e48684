"""The check at the end of a world: replicas against the server, the server against the oracle."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from tests.convergence import model_fold
from tests.convergence.door_world import World

from handstamp.checkin.fold import fact_of_row, state_to_json
from handstamp.checkin.list_changes import fact_rows, feed_end, ticket_rows
from handstamp.checkin.list_rows import Personal
from handstamp.checkin.models import Admission, Device, Fact
from handstamp.checkin.rows import ALLOWED
from handstamp.checkin.stored_facts import SERVER_KINDS
from handstamp.checkin.undo import grants
from handstamp.checkin.wire import (
    BY_SUPERVISOR,
    OVERRIDE,
    UNDO,
    FactRow,
    decode_fact,
    fact_hash,
    row_of,
)
from handstamp.events.models import ListRevision


async def check(world: World) -> None:
    """Compare every replica with the server, the server with the oracle, both with the logs."""
    async with world.services.db.read() as session:
        stored = (await session.scalars(select(Fact))).all()
        backed = set(await session.scalars(select(Device.id).where(Device.kind.in_(SERVER_KINDS))))
        fed = {row[:3]: row for row in await fact_rows(session, world.event.id)}
        everything = Personal(name=True, email=True, order=True)
        tickets = {
            row.serial: row for row in await ticket_rows(session, world.event.id, everything)
        }
        rules: dict[int, dict[int, Any]] = {}
        for number, rev, text in await session.execute(
            select(ListRevision.list_no, ListRevision.rev, ListRevision.rules_json).where(
                ListRevision.event_id == world.event.id
            )
        ):
            rules.setdefault(number, {})[rev] = json.loads(text)
        admissions = {
            (row.serial, row.list_no): row for row in await session.scalars(select(Admission))
        }
        devices = {row.id: row for row in await session.scalars(select(Device))}
        end = await feed_end(session, world.event.id)
    _check_nothing_is_lost(world, stored, backed)
    assert fed == {row[:3]: row for row in map(_row(backed), stored) if row.kind != 2}
    voids = {device.id: device.void_from for device in devices.values() if device.void_from}
    _check_grants(stored, devices)
    expected = _oracle(list(fed.values()), tickets, rules, voids)
    _check_admissions(admissions, expected)
    for phone in world.phones:
        if phone.standing in ("active", "repair"):
            assert end is not None
            assert phone.copy.cursor == end.to_json()
            assert phone.copy.tickets == tickets
            assert phone.copy.facts == fed
            assert phone.copy.lists == rules
            assert phone.copy.voids() == voids
            for serial, state in expected.items():
                assert state_to_json(phone.copy.state(serial)) == state


def _check_nothing_is_lost(world: World, stored: Any, backed: set[int]) -> None:
    held = [(fact.device_id, fact.number, fact.hash) for fact in stored]
    logs = {
        (phone.device, number, fact_hash(raw))
        for phone in [*world.phones, *world.retired]
        for number, raw in enumerate(phone.log, 1)
    }
    assert len(held) == len(set(held)), "a fact is stored twice"
    assert logs == {fact for fact in held if fact[0] not in backed}
    assert all(fact_hash(fact.bytes) == fact.hash for fact in stored)


def _oracle(
    rows: list[FactRow],
    tickets: dict[int, Any],
    rules: dict[int, dict[int, Any]],
    voids: dict[int, int],
) -> dict[int, Any]:
    by_serial: dict[int, list[Any]] = {}
    for row in rows:
        by_serial.setdefault(row.serial, []).append(_fact_json(row))
    known = {str(n): {str(rev): of for rev, of in revs.items()} for n, revs in rules.items()}
    return {
        serial: model_fold.state(
            {
                "facts": facts,
                "epoch": tickets[serial].epoch if serial in tickets else None,
                "rules": known,
                "voids": voids,
            }
        )
        for serial, facts in by_serial.items()
        if serial
    }


def _let_in(of: Any) -> Any:
    return of["winner"] or (of["turns"][-1]["by"] if of["turns"] else None)


def _check_grants(stored: Any, devices: dict[int, Device]) -> None:
    """R56: worked out once, from facts and role; a PIN may have come or gone since."""
    facts = {(row.device_id, row.number, row.tag): decode_fact(row.bytes) for row in stored}
    for row in stored:
        fact = decode_fact(row.bytes)
        target = facts.get(fact.target) if fact.target else None
        supervisor = devices[fact.device].role == "supervisor"
        plain = grants(fact, target, supervisor=supervisor, undo_s=300)
        by_pin = fact.flags & BY_SUPERVISOR and fact.kind in (UNDO, OVERRIDE)
        assert row.granted == plain or (by_pin and row.granted == ALLOWED)


def _check_admissions(kept: dict[tuple[int, int], Admission], expected: Any) -> None:
    said = {
        (serial, int(number)): (
            let_in[:2] if (let_in := _let_in(of)) else [None, None],
            len(of["greens"]),
            len(of["pending"]),
            of["conflict"],
            of["inside"],
            of["entries"],
        )
        for serial, state in expected.items()
        for number, of in state["lists"].items()
    }
    assert said == {
        at: (
            [row.winner_device, row.winner_number],
            row.greens,
            row.pending,
            row.conflict if row.conflict in ("double", "superseded") else "",
            row.inside,
            row.entries,
        )
        for at, row in kept.items()
    }


def _row(backed: set[int]) -> Callable[[Fact], FactRow]:
    def row(fact: Fact) -> FactRow:
        return row_of(
            decode_fact(fact.bytes),
            fact.tag,
            stamp=fact.stamp,
            scanned=fact.scanned,
            backed=fact.backed or fact.device_id in backed,
            after_end=fact.after_end,
            granted=fact.granted,
        )

    return row


def _fact_json(row: FactRow) -> Any:
    fact = fact_of_row(row)
    return {
        "device": fact.device,
        "number": fact.number,
        "tag": fact.tag,
        "kind": fact.kind,
        "list": fact.list_no,
        "rule": fact.rule_rev,
        "epoch": fact.epoch,
        "how": fact.how,
        "scanned": fact.scanned,
        "time": fact.time,
        "proven": fact.proven,
        "backed": fact.backed,
        "seen": [list(ref) for ref in fact.seen],
        "target": fact.target and [*fact.target],
        "allowed": fact.allowed,
        "timely": fact.timely,
    }

"""The inside count in the middle of a batch is that of a fold counted anew (R58)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.batch import Batch
from handstamp.checkin.find_inside import inside_of
from handstamp.checkin.fold import fold
from handstamp.checkin.models import Device
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.number_changes import end_batch, lock_feed
from handstamp.checkin.verdict import ListRules, rules_of
from handstamp.checkin.wire import ADMIT, API, EXIT, NO_DIGEST, VOID, Fact, encode_fact, fact_hash
from handstamp.events.entry_rules import EntryRules
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.kit.clock import DAY
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio
DESK, DOORS = 70, (71, 72)
COUNT, COMMIT = "count", "commit"
MOVES = st.one_of(
    st.tuples(st.sampled_from([ADMIT, EXIT]), st.integers(0, 1), st.integers(0, 2)),
    st.tuples(st.just(VOID), st.integers(0, 1), st.integers(1, 4)),
    st.sampled_from([(COUNT, 0, 0), (COMMIT, 0, 0)]),
)
Moves = Sequence[tuple[str | int, int, int]]


@dataclass
class Door:
    """What the test itself knows of the door, to fold it anew."""

    event: str
    serials: list[int]
    facts: dict[int, list[FoldFact]] = field(default_factory=dict)
    held: dict[tuple[int, int], int] = field(default_factory=dict)
    voids: dict[int, int] = field(default_factory=dict)

    def act(self, batch: Batch, kind: int, door: int, what: int) -> None:
        """Let a door admit or let out, or the desk void what a door did from a number on."""
        by = DESK if kind == VOID else DOORS[door]
        target = None
        if kind == VOID:
            if (DOORS[door], what) not in self.held:
                return
            target = (DOORS[door], what, self.held[DOORS[door], what])
            self.voids[DOORS[door]] = min(what, self.voids.get(DOORS[door], what))
        device = batch.devices[by]
        serial = 0 if kind == VOID else self.serials[what]
        batch.load_tickets([serial])
        fact = Fact(
            device=by,
            number=device.head_number + 1,
            previous=device.head_hash,
            kind=kind,
            list_no=0 if kind == VOID else 1,
            rule_rev=0 if kind == VOID else max(batch.rules[1]),
            serial=serial,
            epoch=0 if kind == VOID else 1,
            how=API,
            verdict=1,
            flags=0,
            digest=NO_DIGEST,
            claimed=batch.now,
            clock=batch.now,
            cursor=0,
            age=0,
            target=target,
        )
        raw = encode_fact(fact)
        batch.add_fact(raw, fact, fact_hash(raw), scanned=False)
        if kind != VOID:
            made = batch.facts[serial][-1]
            self.facts.setdefault(serial, []).append(made)
            self.held[by, made.number] = made.tag

    def inside(self, batch: Batch) -> int:
        """Fold every ticket anew and count."""
        states = [fold(facts, 1, batch.rules, self.voids) for facts in self.facts.values()]
        return sum(state.lists[1].inside for state in states if 1 in state.lists)


def batch_of(connection: Connection, door: Door, now: int) -> tuple[Batch, ListRules]:
    """Begin a batch that has loaded no ticket."""
    head, _waits = lock_feed(connection, door.event, now)
    batch = Batch(connection, head, now)
    batch.load_devices([DESK, *DOORS])
    rev = max(batch.rules[1])
    return batch, rules_of({"list": 1, "rev": rev, "rules": batch.rules[1][rev]})


def play(connection: Connection, door: Door, moves: Moves) -> None:
    """Make the moves; the count is asked for where they say so, and after the last."""
    now = 1_800_000_000_000
    batch, rules = batch_of(connection, door, now)
    for kind, place, what in [*moves, (COUNT, 0, 0)]:
        now += 1_000
        batch.now = now
        if kind == COMMIT:
            batch.write()
            end_batch(connection, batch.head, now)
            batch, rules = batch_of(connection, door, now)
        elif kind == COUNT:
            assert inside_of(batch, rules) == door.inside(batch)
        else:
            assert isinstance(kind, int)
            door.act(batch, kind, place, what)


@pytest.fixture
async def door(services: Services, sold: Sold) -> Door:
    """A list with a capacity, two doors and the desk."""
    async with services.db.write() as session:
        entry = EntryRules(mode="reentry", capacity=2)
        tiers = [ListTier(1)]
        await save_list(
            session, services, SYSTEM, sold.event.id,
            number=1, name="Main door", tiers=tiers, entry=entry,
        )  # fmt: skip
        for number in (DESK, *DOORS):
            session.add(
                Device(
                    id=number,
                    event_id=sold.event.id,
                    kind="server" if number == DESK else "api",
                    name="x",
                    created_at=0,
                    expires_at=services.clock() + DAY,
                    feed_seq=None,
                )
            )
    return Door(sold.event.id, [ticket.serial for ticket in sold.tickets])


VOIDED: dict[str, Moves] = {
    "in the same batch": [(ADMIT, 0, 0), (COUNT, 0, 0), (VOID, 0, 1)],
    "never counted before": [(ADMIT, 0, 0), (VOID, 0, 1)],
    "of an earlier batch": [(ADMIT, 0, 0), (COMMIT, 0, 0), (COUNT, 0, 0), (VOID, 0, 1)],
    "earlier, with others": [
        (ADMIT, 0, 0), (ADMIT, 1, 1), (COMMIT, 0, 0), (ADMIT, 1, 2), (VOID, 0, 1),
    ],
    "an exit": [(ADMIT, 1, 0), (EXIT, 0, 0), (COMMIT, 0, 0), (COUNT, 0, 0), (VOID, 0, 1)],
}  # fmt: skip


@pytest.mark.parametrize("name", VOIDED)
async def test_what_is_made_void_is_counted_out(services: Services, door: Door, name: str) -> None:
    await services.db.write_in_thread(lambda connection: play(connection, door, VOIDED[name]))


async def test_the_count_is_that_of_a_fold_counted_anew(services: Services, door: Door) -> None:
    def every(connection: Connection) -> None:
        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(moves=st.lists(MOVES, max_size=14))
        def always(moves: Moves) -> None:
            with connection.begin_nested() as attempt:
                play(connection, Door(door.event, door.serials), moves)
                attempt.rollback()

        always()

    await services.db.write_in_thread(every)

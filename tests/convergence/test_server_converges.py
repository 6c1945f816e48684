"""After all have met, every phone and the server are in the state that the facts alone give."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.contract.long_counts import long_count
from tests.contract.twins import JavaScript
from tests.convergence.door_check import check
from tests.convergence.door_databases import Databases, PostgresDatabases, SqliteFiles
from tests.convergence.door_world import Step, new_world
from tests.convergence.same_verdicts import compare_verdicts

OFTEN = ("scan", "scan", "scan", "scan", "search", "leave", "sync", "sync", "sync")
SOMETIMES = (
    "lose_answer",
    "say_again",
    "say_out_of_order",
    "save",
    "crash",
    "skew",
    "validate",
    "reissue",
    "change_status",
    "change_rules",
    "change_rules",
    "undo",
    "undo",
    "undo_any",
    "override",
    "party",
    "undo_party",
    "set_pin",
    "change_policy",
    "wait",
    "sell",
    "pair",
)
SELDOM = ("fork", "revoke", "restart", "take_backup", "restore", "void", "false_void")
numbers = st.integers(0, 10_000)
steps = st.tuples(st.sampled_from(OFTEN * 3 + SOMETIMES * 2 + SELDOM), numbers, numbers)
scripts = st.lists(steps, min_size=25, max_size=80)


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    """The phone's own code, in one process for all worlds."""
    twin = JavaScript()
    yield twin
    twin.close()


async def play(databases: Databases, script: list[Step], javascript: JavaScript) -> None:
    """Run a script, let all meet, and compare states; then ask phone and server alike."""
    async with new_world(databases) as world:
        await world.run(script)
        await world.heal()
        await check(world)
        await world.newcomer()
        await check(world)
        await compare_verdicts(world, javascript)
        await world.heal()
        await check(world)


def run_scripts(
    databases: Databases, share: int, full: int, what: str, javascript: JavaScript
) -> None:
    """Play generated scripts, each on a fresh database."""

    @settings(
        max_examples=long_count(share, full, what),
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(scripts)
    def each(script: list[Step]) -> None:
        asyncio.run(play(databases, script, javascript))

    each()


@pytest.mark.timeout(7200)
def test_phones_and_server_converge_on_sqlite(
    sqlite_template: Path, tmp_path: Path, javascript: JavaScript
) -> None:
    run_scripts(SqliteFiles(sqlite_template, tmp_path), 16, 1_000, "worlds on SQLite", javascript)


@pytest.mark.timeout(7200)
def test_phones_and_server_converge_on_postgresql(
    postgres_template: str, javascript: JavaScript
) -> None:
    databases = PostgresDatabases(postgres_template)
    run_scripts(databases, 4, 200, "worlds on PostgreSQL", javascript)


SCENES: dict[str, list[Step]] = {
    "a phone that a restored server has forgotten is made void before it is known again": [
        ("scan", 0, 0),
        ("sync", 0, 4),
        ("take_backup", 0, 0),
        ("pair", 0, 3),
        ("scan", 2, 1),
        ("sync", 2, 4),
        ("restore", 0, 0),
        ("void", 2, 0),
    ],
    "an old backup is restored in the middle of the event": [
        ("scan", 0, 0),
        ("sync", 0, 4),
        ("take_backup", 0, 0),
        ("pair", 0, 3),
        ("scan", 2, 1),
        ("scan", 0, 2),
        ("reissue", 0, 0),
        ("change_status", 1, 0),
        ("sync", 0, 4),
        ("sync", 1, 4),
        ("sync", 2, 4),
        ("restore", 0, 0),
        ("change_status", 1, 1),
        ("scan", 1, 3),
        ("sync", 1, 0),
        ("scan", 2, 3),
    ],
    "a restored server comes to the same number by another way": [
        ("sync", 0, 4),
        ("take_backup", 0, 0),
        ("change_status", 0, 0),
        ("sync", 0, 4),
        ("restore", 0, 0),
        ("change_status", 0, 1),
        ("sync", 1, 4),
        ("sync", 0, 4),
    ],
    "a ticket that was let in gets a new code and nobody comes again": [
        ("scan", 0, 0),
        ("sync", 0, 4),
        ("reissue", 0, 0),
        ("scan", 1, 2),
        ("sync", 1, 4),
    ],
    "rules that a phone named arrive after its fact": [
        ("take_backup", 0, 0),
        ("change_rules", 0, 0),
        ("sync", 0, 4),
        ("scan", 0, 0),
        ("restore", 0, 0),
        ("sync", 0, 4),
        ("change_rules", 0, 0),
    ],
    "out and in again, twice by two doors": [
        ("change_rules", 4, 0),
        ("sync", 0, 4),
        ("sync", 1, 4),
        ("scan", 0, 0),
        ("leave", 0, 0),
        ("sync", 0, 4),
        ("sync", 1, 4),
        ("scan", 1, 0),
        ("scan", 0, 0),
    ],
    "taken back in time, too late, and by a supervisor": [
        ("set_pin", 1, 0),
        ("sync", 0, 4),
        ("scan", 0, 0),
        ("undo", 0, 0),
        ("scan", 0, 2),
        ("sync", 0, 4),
        ("wait", 0, 1),
        ("undo", 0, 2),
        ("sync", 0, 4),
        ("sync", 1, 4),
        ("undo_any", 1, 2),
        ("override", 1, 2),
        ("undo", 1, 2),
    ],
    "a party comes in at two doors and is taken back at one": [
        ("sync", 0, 4),
        ("sync", 1, 4),
        ("scan", 0, 2),
        ("party", 0, 0),
        ("party", 1, 2),
        ("change_status", 1, 0),
        ("sync", 1, 4),
        ("undo_party", 0, 0),
        ("sync", 0, 4),
        ("party", 0, 0),
    ],
    "a phone in the wrong hands": [
        ("scan", 0, 0),
        ("scan", 0, 2),
        ("scan", 1, 2),
        ("undo", 0, 0),
        ("sync", 0, 4),
        ("void", 0, 1),
        ("scan", 0, 3),
        ("sync", 1, 4),
        ("scan", 1, 2),
        ("false_void", 0, 1),
        ("void", 0, 0),
    ],
    "a phone is copied and both go on": [
        ("scan", 0, 0),
        ("sync", 0, 4),
        ("fork", 0, 0),
        ("skew", 2, 2),
        ("scan", 0, 1),
        ("scan", 2, 1),
        ("scan", 2, 2),
        ("sync", 2, 0),
        ("sync", 0, 0),
        ("scan", 0, 3),
    ],
}


@pytest.mark.parametrize("scene", SCENES)
def test_named_scenes_on_sqlite(
    scene: str, sqlite_template: Path, tmp_path: Path, javascript: JavaScript
) -> None:
    asyncio.run(play(SqliteFiles(sqlite_template, tmp_path), SCENES[scene], javascript))


@pytest.mark.parametrize("scene", SCENES)
def test_named_scenes_on_postgresql(
    scene: str, postgres_template: str, javascript: JavaScript
) -> None:
    asyncio.run(play(PostgresDatabases(postgres_template), SCENES[scene], javascript))

"""What the database promises: no oversell, readers that never queue, one moment per read."""

import asyncio

import pytest
from sqlalchemy import text

from handstamp.plumbing.db import Database, after_commit

BUYERS = 8
STOCK = 100


@pytest.fixture
async def shop(database_url: str) -> str:
    db = Database(database_url)
    async with db.write() as session:
        await session.execute(text("CREATE TABLE shop (id INTEGER PRIMARY KEY, left_ INTEGER)"))
        await session.execute(text("CREATE TABLE sold (buyer INTEGER)"))
        await session.execute(text("INSERT INTO shop VALUES (1, :stock)"), {"stock": STOCK})
    await db.close()
    return database_url


async def buy_all(db: Database, buyer: int) -> int:
    """Buy one by one, reading the stock first, as a careless use case would."""
    bought = 0
    lock = "" if db.is_sqlite else " FOR UPDATE"
    while True:
        async with db.write() as session:
            left = await session.scalar(text(f"SELECT left_ FROM shop WHERE id = 1{lock}"))
            assert left is not None
            if left <= 0:
                return bought
            await session.execute(
                text("UPDATE shop SET left_ = :left WHERE id = 1"), {"left": left - 1}
            )
            await session.execute(text("INSERT INTO sold VALUES (:buyer)"), {"buyer": buyer})
            bought += 1


async def test_eight_buyers_never_buy_more_than_there_is(shop: str) -> None:
    # Every buyer has a Database of its own, as every process would: SQLite's driver defaults
    # sold 320 of 100 here, a deferred BEGIN failed with "database is locked".
    doors = [Database(shop, pool_size=2) for _ in range(BUYERS)]
    bought = await asyncio.gather(*(buy_all(db, n) for n, db in enumerate(doors)))
    assert sum(bought) == STOCK
    async with doors[0].read() as session:
        assert await session.scalar(text("SELECT count(*) FROM sold")) == STOCK
        assert await session.scalar(text("SELECT left_ FROM shop")) == 0
    for db in doors:
        await db.close()


async def test_readers_never_queue_behind_the_writer(shop: str) -> None:
    db = Database(shop)
    async with db.write() as writing:
        await writing.execute(text("UPDATE shop SET left_ = 1"))
        async with asyncio.timeout(5), db.read() as reading:
            assert await reading.scalar(text("SELECT left_ FROM shop")) == STOCK
    async with db.read() as reading:
        assert await reading.scalar(text("SELECT left_ FROM shop")) == 1
    await db.close()


async def test_a_read_sees_one_moment(shop: str) -> None:
    db = Database(shop)
    async with db.read() as reading:
        assert await reading.scalar(text("SELECT left_ FROM shop")) == STOCK
        async with db.write() as writing:
            await writing.execute(text("UPDATE shop SET left_ = 1"))
        assert await reading.scalar(text("SELECT left_ FROM shop")) == STOCK
    await db.close()


async def test_more_readers_than_connections_take_turns(shop: str) -> None:
    db = Database(shop, pool_size=2)

    async def read() -> int:
        async with db.read() as session:
            await asyncio.sleep(0.001)
            return int((await session.execute(text("SELECT left_ FROM shop"))).scalar_one())

    assert await asyncio.gather(*(read() for _ in range(40))) == [STOCK] * 40
    await db.close()


async def test_what_follows_a_commit_happens_only_after_one(shop: str) -> None:
    db = Database(shop)
    heard: list[str] = []
    async with db.write() as session:
        after_commit(session, lambda: heard.append("kept"))
        assert heard == []
    with pytest.raises(RuntimeError):
        async with db.write() as session:
            after_commit(session, lambda: heard.append("lost"))
            raise RuntimeError("undone")
    assert heard == ["kept"]
    await db.close()


async def test_the_actor_is_told_to_postgresql_for_one_transaction(postgres_url: str) -> None:
    db = Database(postgres_url, pool_size=1)
    told = text("SELECT current_setting('handstamp.actor', true)")
    async with db.write(actor="user:7") as session:
        assert await session.scalar(told) == "user:7"
    async with db.write() as session:
        assert await session.scalar(told) == "system"
    async with db.read() as session:
        assert await session.scalar(told) in (None, "")
    await db.close()


async def test_sqlite_is_set_up_as_measured(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    async with db.write() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 15_000,
    }
    await db.close()

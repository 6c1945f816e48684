"""Signals reach listeners in this process and, on PostgreSQL, in others."""

import asyncio

import psycopg
import pytest

from handstamp.plumbing.pubsub import Signals
from handstamp.plumbing.web import Services


async def next_of(subscription: object) -> str:
    async for payload in subscription:  # type: ignore[attr-defined]
        return str(payload)
    return "ended"


async def test_a_signal_arrives_at_once_in_the_same_process(services: Services) -> None:
    heard = services.signals.subscribe("event:1")
    services.signals.publish("event:1", "7")
    services.signals.publish("event:2", "8")
    assert await asyncio.wait_for(next_of(heard), 5) == "7"
    heard.close()


async def test_equal_payloads_that_wait_together_arrive_once(services: Services) -> None:
    heard = services.signals.subscribe("job")
    for _ in range(1000):
        services.signals.publish("job")
    assert await heard.wait(1)
    assert not await heard.wait(0.01)


async def test_a_closed_subscription_ends_its_loop(services: Services) -> None:
    heard = services.signals.subscribe("job")
    waiting = asyncio.create_task(next_of(heard))
    await asyncio.sleep(0)
    heard.close()
    assert await asyncio.wait_for(waiting, 5) == "ended"


async def test_long_payloads_are_refused(services: Services) -> None:
    with pytest.raises(ValueError, match="ids only"):
        services.signals.publish("job", "x" * 8000)


async def test_another_process_hears_it_on_postgresql(postgres_url: str) -> None:
    here, there = Signals(postgres_url), Signals(postgres_url)
    await here.start()
    await there.start()
    assert await here.connected()
    assert await there.connected()
    heard = there.subscribe("event:1")
    own = here.subscribe("event:1")
    here.publish("event:1", "a b\nc")
    assert await asyncio.wait_for(next_of(heard), 5) == "a b\nc"
    assert await own.wait(1)
    assert not await own.wait(0.2)
    await here.stop()
    await there.stop()


async def test_a_lost_connection_comes_back_and_says_look_again(postgres_url: str) -> None:
    signals = Signals(postgres_url)
    await signals.start()
    assert await signals.connected()
    heard = signals.subscribe("event:1")
    plain = postgres_url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await asyncio.wait_for(next_of(heard), 20) == ""
    await signals.stop()


async def test_what_was_published_before_stopping_is_sent(postgres_url: str) -> None:
    here, there = Signals(postgres_url), Signals(postgres_url)
    await there.start()
    assert await there.connected()
    heard = there.subscribe("event:9")
    here.publish("event:9", "x")
    await here.start()
    await here.stop()
    assert await asyncio.wait_for(next_of(heard), 5) == "x"
    await there.stop()

"""Large lists are made by a child process: the same bytes, and its end is one build's error."""

import asyncio
import gzip
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import brotli  # type: ignore[import-untyped]
import httpx2
import psutil
import pytest
import structlog
from tests.factories.checkin import API, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin import door_jobs, make_list, snapshot
from handstamp.checkin.batcher import batcher
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.snapshot import build_snapshot, current_snapshot
from handstamp.checkin.wire import decode_snapshot, unpack_envelope
from handstamp.events.edit_event import edit_event
from handstamp.events.models import Event
from handstamp.events.shapes import EventChange
from handstamp.plumbing import child, children
from handstamp.plumbing.children import Child, ChildDied
from handstamp.plumbing.errors import Unavailable
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio
MODULE = "handstamp.checkin.list_child"
DRAIN: float = 20


def list_children() -> list[psutil.Process]:
    found = []
    for one in psutil.Process().children():
        with suppress(psutil.Error):  # it has ended meanwhile
            if MODULE in one.cmdline():
                found.append(one)
    return found


@pytest.fixture
def in_child(monkeypatch: pytest.MonkeyPatch) -> list[psutil.Process]:
    """Have every list made by a child; returns those that were started."""
    started: list[psutil.Process] = []
    send = Child.send

    async def seen(self: Child, frame: bytes) -> None:
        started.extend(one for one in list_children() if one not in started)
        await send(self, frame)

    monkeypatch.setattr(make_list, "SMALL", 0)
    monkeypatch.setattr(Child, "send", seen)
    return started


def killing(after: int, kill: Callable[[], None]) -> Callable[[Child, bytes], Awaitable[None]]:
    """Return a `send` that kills every child of a list once so many frames were sent."""
    send, sent = Child.send, 0

    async def send_and_kill(self: Child, frame: bytes) -> None:
        nonlocal sent
        sent += 1
        if sent > after:
            kill()
        await send(self, frame)

    return send_and_kill


def kill_all() -> None:
    for one in list_children():
        os.kill(one.pid, signal.SIGKILL)


async def test_a_child_makes_what_this_process_makes(
    client: httpx2.AsyncClient,
    services: Services,
    sold: Sold,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for token in sold.tokens[:2]:
        phone.scan(token)
    await phone.sync()
    async with services.db.write() as session:
        await make_tickets(session, services, sold.event, count=make_list.PIECE + 1)
        change = EventChange(snapshot_fields=["order"])
        await edit_event(session, services, SYSTEM, sold.event.id, change)
    here = await build_snapshot(services, sold.event.id)
    started: list[psutil.Process] = request.getfixturevalue("in_child")
    made = await make_list.make_list(services, sold.event.id, await private_key(services))
    assert len(started) == 1
    assert list_children() == []
    assert (made.seq, made.sealed.tickets) == (here.seq, make_list.PIECE + 4)
    assert gzip.decompress(made.sealed.gzip) == gzip.decompress(here.gzip)
    assert brotli.decompress(made.sealed.brotli) == brotli.decompress(here.brotli)
    _signature, payload = unpack_envelope(gzip.decompress(made.sealed.gzip))
    _header, tickets, facts = decode_snapshot(payload)
    assert {row.serial for row in tickets} >= {ticket.serial for ticket in sold.tickets}
    assert len(facts) == 2
    assert not any(row.name or row.email for row in tickets)


async def private_key(services: Services) -> bytes:
    _public, private = await kept_key(services, SERVER_KEY)
    return private


async def test_a_phone_takes_a_list_that_a_child_made(
    client: httpx2.AsyncClient, services: Services, sold: Sold, in_child: list[psutil.Process]
) -> None:
    phone = await pair_phone(client, services, sold.event)
    assert len(in_child) == 1
    assert set(phone.copy.tickets) == {ticket.serial for ticket in sold.tickets}


async def test_small_lists_start_no_child(services: Services, sold: Sold) -> None:
    async def forbidden(*_args: object, **_others: object) -> Child:
        raise AssertionError("a child was started")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(children, "start", forbidden)
        assert (await build_snapshot(services, sold.event.id)).tickets == 3


async def test_a_child_that_is_killed_is_replaced_once(
    services: Services, sold: Sold, in_child: list[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[psutil.Process] = []

    def kill_first() -> None:
        if not killed:
            killed.extend(list_children())
            kill_all()

    monkeypatch.setattr(Child, "send", killing(2, kill_first))
    with structlog.testing.capture_logs() as logs:
        made = await build_snapshot(services, sold.event.id)
    assert made.tickets == 3
    assert len(killed) == 1
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("list_not_made", "warning")
    ]


async def test_a_child_that_always_dies_fails_this_list_alone(
    client: httpx2.AsyncClient,
    services: Services,
    sold: Sold,
    in_child: list[psutil.Process],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phone = await pair_phone(client, services, sold.event)
    async with services.db.write() as session:
        await make_tickets(session, services, sold.event, count=snapshot.LEAST_DELTA + 1)
    await batcher(services).number(sold.event.id)
    with monkeypatch.context() as patch:
        patch.setattr(Child, "send", killing(1, kill_all))
        answer = await client.get(f"{API}/snapshot", headers=phone.headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["code"] == "Unavailable"
    assert list_children() == []
    answer = await client.get(f"{API}/snapshot", headers=phone.headers)
    assert answer.status_code == 200


async def test_a_child_that_takes_too_long_is_given_up(
    services: Services, sold: Sold, in_child: list[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_list, "PATIENCE_S", 0.3)
    monkeypatch.setattr(Child, "send", killing(1, stop_all))
    with pytest.raises(Unavailable):
        await build_snapshot(services, sold.event.id)
    assert list_children() == []
    async with services.db.write() as session:  # nothing is held
        await make_tickets(session, services, sold.event, count=1)


def stop_all() -> None:
    for one in list_children():
        os.kill(one.pid, signal.SIGSTOP)


async def test_a_build_that_is_broken_off_leaves_no_child(
    services: Services, sold: Sold, in_child: list[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    def stop() -> None:
        stop_all()
        reached.set()

    monkeypatch.setattr(Child, "send", killing(1, stop))
    build = asyncio.create_task(build_snapshot(services, sold.event.id))
    await reached.wait()
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build
    assert list_children() == []


@pytest.fixture
async def other(services: Services) -> AsyncIterator[Event]:
    async with services.db.write() as session:
        event = await make_event(session, services)
        await make_tickets(session, services, event, count=5)
    yield event


async def test_two_lists_at_once_and_one_list_twice_at_once(
    services: Services, sold: Sold, other: Event, in_child: list[psutil.Process]
) -> None:
    events = (sold.event.id, other.id, sold.event.id, other.id)
    made = await asyncio.gather(*(build_snapshot(services, event) for event in events))
    assert [one.tickets for one in made] == [3, 5, 3, 5]
    assert [(await current_snapshot(services, event)).tickets for event in events] == [3, 5, 3, 5]
    assert list_children() == []


async def test_the_job_makes_the_other_lists_when_one_fails(
    services: Services, sold: Sold, other: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = make_list.make_list

    async def failing(of: Services, event_id: str, private: bytes) -> make_list.MadeList:
        if event_id == sold.event.id:
            raise Unavailable("not now", retry_after=5)
        return await make(of, event_id, private)

    monkeypatch.setattr(snapshot, "make_list", failing)
    worker = Worker(services, {door_jobs.REBUILD: door_jobs.rebuild_snapshots})
    async with services.db.write() as session:
        await enqueue(session, door_jobs.REBUILD, {})
    await worker.drain()
    async with services.db.read() as session:
        assert await snapshot.needs_build(session, sold.event.id)
        assert not await snapshot.needs_build(session, other.id)


async def test_a_child_knows_no_secret(
    services: Services, sold: Sold, in_child: list[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSTAMP_SECRET", "not for children")
    told: list[str] = []

    def look() -> None:
        told.extend(f"{one.environ()} {one.cmdline()}" for one in list_children())

    monkeypatch.setattr(Child, "send", killing(0, look))
    await build_snapshot(services, sold.event.id)
    assert told
    assert not any("not for children" in text or "HANDSTAMP" in text for text in told)


async def test_a_child_ends_when_its_parent_does() -> None:
    started = await children.start(MODULE)
    process = psutil.Process(started._process.pid)
    assert started._process.stdin is not None
    started._process.stdin.close()  # what the system does when a process ends, however it ends
    await asyncio.to_thread(process.wait, DRAIN)
    with pytest.raises(ChildDied):
        await started.answer()
    await started.end()


async def test_a_busy_child_ends_when_its_parent_does() -> None:
    code = (
        "import sys; from handstamp.plumbing.child import end_with_parent; "
        "end_with_parent(sys.stdin.buffer); print('busy', flush=True)\nwhile True: pass"
    )
    process = await asyncio.create_subprocess_exec(
        psutil.Process().exe(),
        "-c",
        code,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**children.ENVIRONMENT, "PYTHONPATH": str(child.__file__).split("/handstamp/")[0]},
    )
    assert process.stdin is not None and process.stdout is not None
    assert await process.stdout.readline() == b"busy\n"
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), DRAIN) == 1

"""Stored answers, rate limits and kept keys hold when several try at once."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.fixtures.jobs import run_jobs

from handstamp.audit.models import AuditEntry
from handstamp.audit.record import record
from handstamp.kit.clock import DAY, MINUTE, FakeClock
from handstamp.plumbing import prune
from handstamp.plumbing.errors import BadInput, Problem, TooMany, handle_problem
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.limits import hit
from handstamp.plumbing.models import Job, RateCount, StoredAnswer
from handstamp.plumbing.secrets import WrongSecret, kept_key
from handstamp.plumbing.web import SYSTEM, Services, build_services


async def act(request: Request) -> Response:
    async def produce(session: AsyncSession) -> Response:
        await record(session, SYSTEM, "act", "thing", "1")
        await session.flush()
        if b"refuse" in await request.body():
            raise BadInput("refused")
        count = await session.scalar(select(func.count()).select_from(AuditEntry))
        return JSONResponse({"acts": count}, status_code=201)

    return await answer_once(request, "user:1", produce)


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(
        routes=[Route("/act", act, methods=["POST"]), Route("/other", act, methods=["POST"])],
        exception_handlers={Problem: handle_problem},
    )
    app.state.services = services
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


async def acts(services: Services) -> int:
    async with services.db.read() as session:
        return int(await session.scalar(select(func.count()).select_from(AuditEntry)) or 0)


async def test_the_same_key_acts_once(services: Services, http: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(http.post("/act", json={"n": 1}, headers=key) for _ in range(6))
    )
    assert {(a.status_code, a.text) for a in answers} == {(201, '{"acts":1}')}
    assert sum("Idempotent-Replayed" in a.headers for a in answers) == 5
    assert await acts(services) == 1


async def test_the_same_key_for_something_else_is_refused(http: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    await http.post("/act", json={"n": 1}, headers=key)
    assert (await http.post("/act", json={"n": 2}, headers=key)).status_code == 409
    assert (await http.post("/other", json={"n": 1}, headers=key)).status_code == 409


async def test_a_refusal_is_not_kept(services: Services, http: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    assert (await http.post("/act", content=b"refuse", headers=key)).status_code == 400
    assert await acts(services) == 0
    assert (await http.post("/act", content=b"now", headers=key)).status_code == 201


async def test_without_a_key_every_request_acts(
    services: Services, http: httpx2.AsyncClient
) -> None:
    await http.post("/act")
    await http.post("/act")
    assert await acts(services) == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9"])
async def test_odd_keys_are_refused(http: httpx2.AsyncClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}
    assert (await http.post("/act", headers=headers)).status_code == 400


async def test_a_limit_counts_across_processes(services: Services, clock: FakeClock) -> None:
    other = build_services(services.settings, clock)

    async def once(of: Services) -> bool:
        try:
            await hit(of, "pair:192.0.2.1", limit=10, window_ms=MINUTE)
        except TooMany:
            return False
        return True

    tried = await asyncio.gather(*(once(of) for of in (services, other) for _ in range(10)))
    assert sum(tried) == 10
    assert not await once(other)
    clock.advance(MINUTE)
    assert await once(services)
    await other.db.close()


async def test_limits_store_no_addresses(services: Services) -> None:
    await hit(services, "sign-in:olga@example.org", limit=1, window_ms=MINUTE)
    async with services.db.read() as session:
        bucket = (await session.execute(select(RateCount.bucket))).scalar_one()
    assert "olga" not in bucket


async def test_a_key_is_made_once_by_all(services: Services) -> None:
    others = [build_services(services.settings) for _ in range(3)]
    found = await asyncio.gather(*(kept_key(of, "server") for of in (services, *others)))
    assert len(set(found)) == 1
    assert await kept_key(services, "another") != found[0]
    for other in others:
        await other.db.close()


async def test_another_secret_opens_no_key(services: Services) -> None:
    await kept_key(services, "server")
    changed = services.settings.model_copy(update={"secret": "another secret, also long enough"})
    other = build_services(changed)
    with pytest.raises(WrongSecret):
        await kept_key(other, "server")
    await other.db.close()


async def test_old_rows_are_cleared_away_in_pieces(
    services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "PIECE", 3)
    async with services.db.write() as session:
        for number in range(7):
            session.add(
                StoredAnswer(
                    scope="s", key=str(number), body_hash="", status=200, answer="", created_at=0
                )
            )
        session.add_all(
            Job(kind="x", args="{}", state=state, run_at=0, created_at=0, finished_at=ended)
            for state, ended in (("done", 1), ("done", clock.now), ("dead", clock.now - DAY))
        )
    assert await prune.prune_now(services) == 8
    async with services.db.read() as session:
        left = (await session.execute(select(Job.state).order_by(Job.id))).scalars().all()
    assert left == ["done", "dead"]


async def test_clearing_away_is_a_job(services: Services) -> None:
    async with services.db.write() as session:
        await enqueue(session, prune.JOB, {"slot": 0})
    assert await run_jobs(services) == 1

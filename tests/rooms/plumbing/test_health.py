"""Health tells which part fails; metrics tell how much of everything there is."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import update
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.app import create_app
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services

HEALTH = "/api/tickets/health"
METRICS = "/api/tickets/metrics"


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(database_url, mail_url=smtp_server.url)


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(services.settings, services.clock, services=services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def test_all_is_well(http: httpx2.AsyncClient) -> None:
    answer = await http.get(HEALTH)
    assert answer.status_code == 200, answer.text
    assert {part["status"] for part in answer.json()["parts"].values()} == {"ok"}
    assert {"database", "jobs", "mail"} <= set(answer.json()["parts"])


async def test_jobs_that_nobody_runs_are_told(services: Services, http: httpx2.AsyncClient) -> None:
    async with services.db.write() as session:
        await enqueue(session, "note", {})
    async with services.db.write() as session:
        await session.execute(update(Job).values(run_at=Job.run_at - 5 * MINUTE))
    answer = await http.get(HEALTH)
    assert answer.status_code == 503
    assert answer.json()["parts"]["jobs"]["status"] == "failing"
    assert answer.json()["parts"]["database"]["status"] == "ok"


async def test_a_mail_server_that_is_away_is_told_and_asked_again(
    services: Services, http: httpx2.AsyncClient, clock: FakeClock, smtp_server: SmtpServer
) -> None:
    right = services.settings
    services.settings = right.model_copy(update={"mail_url": "smtp://127.0.0.1:9"})
    assert (await http.get(HEALTH)).json()["parts"]["mail"]["status"] == "failing"
    services.settings = right
    assert (await http.get(HEALTH)).status_code == 503
    clock.advance(MINUTE)
    assert (await http.get(HEALTH)).status_code == 200


async def test_a_database_that_is_away_is_a_finding(tmp_path: object) -> None:
    settings = make_settings("postgresql+psycopg://nobody@127.0.0.1:9/none", demo=True)
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        answer = await client.get(HEALTH)
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["status"] == "failing"
    assert "127.0.0.1" not in answer.text


async def test_metrics_show_jobs_and_requests(services: Services, http: httpx2.AsyncClient) -> None:
    async with services.db.write() as session:
        await enqueue(session, "note", {})
    await http.get(HEALTH)
    answer = await http.get(METRICS)
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'tickets_jobs{kind="note",state="ready"} 1.0' in answer.text
    assert "tickets_jobs_oldest_ready_seconds" in answer.text
    counted = 'tickets_http_requests_total{method="GET",route="/api/tickets/health",status="200"}'
    assert counted in answer.text


async def test_metrics_behind_a_token(services: Services, http: httpx2.AsyncClient) -> None:
    services.settings = services.settings.model_copy(update={"metrics_token": "let me see"})
    assert (await http.get(METRICS)).status_code == 401
    right = {"Authorization": "Bearer let me see"}
    assert (await http.get(METRICS, headers=right)).status_code == 200

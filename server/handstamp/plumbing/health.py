"""Is every part of this installation working? 200 when all are, 503 when one is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handstamp.kit.clock import MINUTE, SECOND
from handstamp.plumbing import job_queue
from handstamp.plumbing.migrate import is_current
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services, services

PATIENCE_S = 5.0
LONGEST_WAIT = 2 * MINUTE


class Ill(Exception):
    """A part does not work; the text says how, without personal data."""


@dataclass(frozen=True)
class Finding:
    """What was found of one part."""

    status: str
    detail: str = ""


Check = Callable[[Services], Awaitable[str]]


async def check_database(of: Services) -> str:
    """Read, and compare the tables with this version's.

    Raises:
        Ill: the tables are another version's.
    """
    if not await is_current(of.db):
        raise Ill("the tables are of another version: run `handstamp migrate`")
    return "SQLite" if of.db.is_sqlite else "PostgreSQL"


async def check_jobs(of: Services) -> str:
    """See whether ready jobs are being run; dead letters are told, not counted as illness.

    Raises:
        Ill: the oldest ready job has waited too long.
    """
    async with of.db.read() as session:
        age = await job_queue.oldest_ready_age(session)
        dead = select(func.count()).select_from(Job).where(Job.state == "dead")
        letters = (await session.execute(dead)).scalar_one()
    if age > LONGEST_WAIT:
        raise Ill(f"the oldest job has waited for {age // SECOND} s: is a worker running?")
    return f"{letters} dead letters"


async def examine(of: Services, checks: Mapping[str, Check]) -> dict[str, Finding]:
    """Run all checks side by side; one that raises or hangs is a finding, not a crash."""

    async def one(check: Check) -> Finding:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return Finding("ok", await check(of))
        except Ill as error:
            return Finding("failing", str(error))
        except Exception as error:
            return Finding("failing", type(error).__name__)

    found = await asyncio.gather(*(one(check) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


def health_route(checks: Mapping[str, Check]) -> Route:
    """Return the route that answers with the state of each part."""

    async def health(request: Request) -> Response:
        found = await examine(services(request), checks)
        well = all(finding.status == "ok" for finding in found.values())
        body = {
            "status": "ok" if well else "failing",
            "parts": {name: asdict(finding) for name, finding in found.items()},
        }
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(body, 200 if well else 503, headers=headers)

    return Route("/api/tickets/health", health)

"""`/api/tickets/metrics` for Prometheus, behind a token when one is set."""

from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.kit.clock import SECOND
from handstamp.kit.signing import same
from handstamp.plumbing import job_queue
from handstamp.plumbing.errors import Unauthenticated
from handstamp.plumbing.metrics import Figure, exposition
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services

Read = Callable[[AsyncSession], Awaitable[list[Figure]]]


async def job_figures(session: AsyncSession) -> list[Figure]:
    """Return the jobs by kind and state, and how long the oldest has been due."""
    counted: list[Figure] = [
        ("tickets_jobs", "Jobs by kind and state", {"kind": kind, "state": state}, count)
        for kind, state, count in await job_queue.counts(session)
    ]
    age = await job_queue.oldest_ready_age(session) / SECOND
    oldest: Figure = ("tickets_jobs_oldest_ready_seconds", "Age of the oldest due job", {}, age)
    return [*counted, oldest]


def metrics_route(reads: Sequence[Read]) -> Route:
    """Return the route that answers with the counters and what `reads` finds in the database."""

    async def metrics(request: Request) -> Response:
        of = services(request)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if of.settings.metrics_token and not same(given, of.settings.metrics_token):
            raise Unauthenticated(_("This address wants the metrics token."))
        figures: list[Figure] = []
        async with of.db.read() as session:
            for read in reads:
                figures.extend(await read(session))
        return Response(exposition(figures), media_type=CONTENT_TYPE_LATEST)

    return Route("/api/tickets/metrics", metrics)

"""The API of the administrator's overview, and of verifying the audit log."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.audit.verify_chain import audit_fault_words, verify_audit
from handstamp.overview.look_at_server import look_at_server
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_admin, services

_TAGS = ["overview"]
_FRESH = {"Cache-Control": "no-store"}


class ActBody(BaseModel):
    """Something an administrator did to an organizer's thing, at `at` (ms UTC)."""

    action: str
    actor_id: str
    target_type: str
    target_id: str
    organizer_id: str | None
    at: int


class OverviewBody(BaseModel):
    """How the server stands; times in ms UTC. `self_test`: see self-tests, '' without one."""

    dead_letters: int
    reviews: int
    signals: int
    self_test: str
    self_test_at: int | None
    signed_no: int
    signed_at: int | None
    unchained: int
    acts: list[ActBody]


class VerifiedBody(BaseModel):
    """Whether the audit log says what it said when it was chained; `hash` is its end, in hex.

    `fault`: what is wrong and `at`: at which entry; '' and 0 when it holds.
    """

    holds: bool
    entries: int
    signed: int
    erased: int
    waiting: int
    hash: str
    fault: str
    at: int


@spec.validate(resp=answers(HTTP_200=OverviewBody), tags=_TAGS)
async def overview(request: Request) -> Response:
    """Tell what gave up, what waits for you, and what administrators did."""
    who, of = require_admin(request), services(request)
    async with of.db.read() as session:
        found = await look_at_server(session, of, who)
    names = OverviewBody.model_fields.keys() - {"acts"}
    acts = [
        ActBody(
            action=one.action,
            actor_id=one.actor_id,
            target_type=one.target_type,
            target_id=one.target_id,
            organizer_id=one.organizer_id,
            at=one.created_at,
        )
        for one in found.acts
    ]
    body = OverviewBody(acts=acts, **{name: getattr(found, name) for name in names})
    return JSONResponse(body.model_dump(), headers=_FRESH)


@spec.validate(resp=answers(HTTP_200=VerifiedBody), tags=_TAGS)
async def verify(request: Request) -> Response:
    """Compute the audit log's whole chain again; this only reads."""
    require_admin(request)
    report = await verify_audit(services(request))
    fault = report.fault
    body = VerifiedBody(
        holds=fault is None,
        entries=report.entries,
        signed=report.signed,
        erased=report.erased,
        waiting=report.waiting,
        hash=report.hash.hex(),
        fault=audit_fault_words(fault) if fault else "",
        at=fault.number if fault else 0,
    )
    return JSONResponse(body.model_dump(), headers=_FRESH)


routes: list[BaseRoute] = [
    Route("/api/tickets/admin/overview", overview),
    Route("/api/tickets/admin/audit/verify", verify, methods=["POST"]),
]

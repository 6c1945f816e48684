"""The API of the self-test, for administrators."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_admin, require_checkout, services
from handstamp.selftest.begin import begin_self_test, self_test, self_tests, state_of, steps_of
from handstamp.selftest.models import SelfTest

_TAGS = ["self-test"]


class NewTest(BaseModel):
    """Whose test account is paid into; '' is the first organizer that can sell."""

    model_config = ConfigDict(extra="forbid")

    organizer_id: Annotated[str, Field(max_length=60)] = ""


class StepBody(BaseModel):
    """A step; `state`: waiting, running, green, red or skipped."""

    step: str
    state: str
    note: str


class TestBody(BaseModel):
    """A run; `state`: running, green, red or broken_off. Times in ms UTC."""

    id: str
    organizer_id: str
    state: str
    started_at: int
    finished_at: int | None
    order_id: str
    steps: list[StepBody]


class TestsBody(BaseModel):
    """The last runs, the latest first."""

    tests: list[TestBody]


def _told(request: Request, test: SelfTest) -> dict[str, Any]:
    body = TestBody(
        id=test.id,
        organizer_id=test.organizer_id,
        state=state_of(test, services(request).clock()),
        started_at=test.started_at,
        finished_at=test.finished_at,
        order_id=test.order_id,
        steps=[StepBody(**vars(step)) for step in steps_of(test)],
    )
    return body.model_dump()


@spec.validate(resp=answers(HTTP_200=TestsBody), tags=_TAGS)
async def find(request: Request) -> Response:
    """List the last self-tests."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        found = await self_tests(session, who)
    return JSONResponse({"tests": [_told(request, one) for one in found]})


@spec.validate(json=NewTest, resp=answers(HTTP_202=TestBody), tags=_TAGS)
async def begin(request: Request, json: NewTest) -> Response:
    """Buy in Stripe's test mode and follow the order to the door; refused with live keys."""
    who = require_admin(request)
    require_checkout(request)

    async def produce(session: AsyncSession) -> Response:
        of = services(request)
        made = await begin_self_test(session, of, who, organizer_id=json.organizer_id)
        return JSONResponse(_told(request, made), status_code=202)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=TestBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Tell how a self-test stands."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        found = await self_test(session, who, request.path_params["test_id"])
    return JSONResponse(_told(request, found))


_TESTS = "/api/tickets/admin/self-tests"
routes: list[BaseRoute] = [
    Route(_TESTS, find),
    Route(_TESTS, begin, methods=["POST"]),
    Route(f"{_TESTS}/{{test_id}}", show),
]

"""Strict mode over HTTP: one small question before a green light, or one for a whole party."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.checkin.claim_entry import MOST_AT_ONCE, ClaimAsked, claim_entry, claim_party
from handstamp.checkin.device_credentials import bearer
from handstamp.checkin.open_claims import ASK, Place
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_scanning, services


class ClaimRequest(BaseModel):
    """A locally green ticket; `id` is new for each decision, `gate` where it is."""

    list: Annotated[int, Field(ge=1, le=255)]
    serial: Annotated[int, Field(ge=0, lt=1 << 40)]
    epoch: Annotated[int, Field(ge=1, le=255)]
    id: Annotated[str, Field(pattern=ASK)]
    gate: str = Field(default="", max_length=80)


class PartyTicket(BaseModel):
    """A locally green ticket of a party; `id` is new for each."""

    serial: Annotated[int, Field(ge=0, lt=1 << 40)]
    epoch: Annotated[int, Field(ge=1, le=255)]
    id: Annotated[str, Field(pattern=ASK)]


class PartyRequest(BaseModel):
    """Several tickets that are let in by one decision (R72)."""

    list: Annotated[int, Field(ge=1, le=255)]
    gate: str = Field(default="", max_length=80)
    tickets: Annotated[Sequence[PartyTicket], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ClaimHolder(BaseModel):
    """Who has it, or had it first; `open`: being admitted at this moment. Times in ms UTC."""

    device: str
    gate: str
    since: int
    open: bool


class Claimed(BaseModel):
    """Granted or not, and what the server judged; `at` stands in the fact (R66)."""

    granted: bool
    at: int
    verdict: str
    by: ClaimHolder | None


class ClaimAnswer(Claimed):
    """The answer to one question."""

    standing: Literal["active", "repair"]
    server_time: int


class PartyClaimed(Claimed):
    """The answer about one ticket of a party; `error` says why it was not judged, else empty."""

    error: str


class PartyAnswer(BaseModel):
    """An answer for each ticket, in the order asked."""

    answers: list[PartyClaimed]
    standing: Literal["active", "repair"]
    server_time: int


@spec.validate(json=ClaimRequest, resp=answers(HTTP_200=ClaimAnswer), tags=["door"])
async def claim(request: Request, json: ClaimRequest) -> Response:
    """Ask, in strict mode, whether a ticket may be let in; the same question is safe to repeat."""
    require_scanning(request)
    asked = ClaimAsked(Place(json.list, json.serial, json.epoch), json.id, json.gate)
    answer = await claim_entry(services(request), bearer(request), asked)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


@spec.validate(json=PartyRequest, resp=answers(HTTP_200=PartyAnswer), tags=["door"])
async def party(request: Request, json: PartyRequest) -> Response:
    """Ask, in strict mode, who of a party may be let in; the same question is safe to repeat."""
    require_scanning(request)
    asked = [
        ClaimAsked(Place(json.list, one.serial, one.epoch), one.id, json.gate)
        for one in json.tickets
    ]
    answer = await claim_party(services(request), bearer(request), asked)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


routes: list[BaseRoute] = [
    Route("/api/tickets/checkin/claim", claim, methods=["POST"]),
    Route("/api/tickets/checkin/claims", party, methods=["POST"]),
]

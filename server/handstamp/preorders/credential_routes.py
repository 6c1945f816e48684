"""The API of a ticket's credential: shown to its member, mailed again by whoever helps members."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once_outside
from handstamp.plumbing.web import require_user, services
from handstamp.preorders.charge_shapes import ResentBody
from handstamp.preorders.own_credential import own_credential
from handstamp.preorders.resend_credentials import resend_credentials

_TAGS = ["ticket pool"]
_FRESH = {"Cache-Control": "no-store"}


class CredentialBody(BaseModel):
    """What lets its member in; `code` is empty when the ticket has none. Never kept anywhere."""

    email: str
    password: str
    code: str


@spec.validate(resp=answers(HTTP_200=CredentialBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show the credential of your own ticket from elsewhere; each reading is logged."""
    who, of = require_user(request), services(request)
    found = await own_credential(of, who, str(request.path_params["preorder_id"]))
    body = CredentialBody(email=found.email, password=found.password, code=found.code)
    return JSONResponse(body.model_dump(), headers=_FRESH)


@spec.validate(resp=answers(HTTP_201=ResentBody), tags=_TAGS)
async def resend(request: Request) -> Response:
    """Mail a ticket from elsewhere to its member again."""
    who, of = require_user(request), services(request)

    async def produce() -> Response:
        mail = await resend_credentials(of, who, str(request.path_params["pool_ticket_id"]))
        return JSONResponse({"mail": mail}, status_code=201)

    return await answer_once_outside(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/me/pre-orders/{preorder_id}/credential", show, methods=["POST"]),
    Route("/api/tickets/admin/tickets/{pool_ticket_id}/resend", resend, methods=["POST"]),
]

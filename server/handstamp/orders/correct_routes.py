"""The API that corrects an order's address."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.auth.rules import clean_email
from handstamp.orders.correct_email import correct_email
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services


class Correction(BaseModel):
    """The right address; `renew`: tickets mailed before shall open no door any more."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=320)]
    renew: bool = False


class CorrectedBody(BaseModel):
    """The mail that brings the tickets ('' when there are none), and how many got new codes."""

    mail: str
    renewed: int


@spec.validate(json=Correction, resp=answers(HTTP_202=CorrectedBody), tags=["orders"])
async def correct(request: Request, json: Correction) -> Response:
    """Give an order of your event another address, and mail its tickets there."""
    who = require_user(request)
    email = checked(json.email)
    order_id = str(request.path_params["order_id"])
    done = await correct_email(services(request), who, order_id, email, renew=json.renew)
    return JSONResponse({"mail": done.mail, "renewed": done.renewed}, 202)


def checked(text: str) -> str:
    """Return an address as it is stored.

    Raises:
        BadInput: it is none.
    """
    try:
        return clean_email(text)
    except ValueError as error:
        message = _("That does not look like an e-mail address.")
        raise BadInput(message, errors=[{"field": "email", "message": message}]) from error


routes: list[BaseRoute] = [
    Route("/api/tickets/orders/{order_id}/email", correct, methods=["POST"]),
]

"""The front page: what was paid on each account, and what Stripe's side can do about it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fakestripe import control, money
from fakestripe.api import Double
from fakestripe.pages import double_of, show
from fakestripe.problems import Problem
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM

MOST = 30


async def _desk(request: Request) -> Response:
    return _page(double_of(request))


def _page(double: Double, status: int = 200, error: str = "") -> Response:
    world = double.world
    accounts = [_account(double, name) for name in world.accounts]
    return show("desk.html", status, accounts=accounts, error=error)


def _account(double: Double, name: str) -> Obj:
    world = double.world
    owner = world.find(PLATFORM, name) or {} if name != PLATFORM else {}
    charges = list(world.each(name, "charge"))[-MOST:]
    return {
        "id": name or "The platform's own account",
        "name": (owner.get("business_profile") or {}).get("name") or "",
        "totals": money.totals(world, name),
        "charges": [_charge(double, charge) for charge in reversed(charges)],
    }


def _charge(double: Double, charge: Obj) -> Obj:
    disputes = list(double.world.each(charge["_account"], "dispute", charge=charge["id"]))
    waiting = [one for one in disputes if one["status"] not in ("won", "lost")]
    return {**charge, "open_dispute": waiting[0]["id"] if waiting else "", "disputes": disputes}


async def _act(request: Request) -> Response:
    double, form = double_of(request), await request.form()
    name = str(form.get("order", ""))
    said: Obj = {key: str(form[key]) for key in ("of", "id") if key in form}
    if name == "close_dispute":
        said["won"] = form.get("won") == "yes"
    if name not in ("refund", "dispute", "close_dispute"):
        return _page(double, 400, "There is no such button.")
    try:
        await control.ORDERS[name](double, said)
    except Problem as problem:
        return _page(double, problem.status, str(problem.error["message"]))
    finally:
        double.commit()
    return _page(double)


routes: list[BaseRoute] = [Route("/", _desk), Route("/", _act, methods=["POST"])]

"""The control interface under /_control/: what a test or the demo does in Stripe's stead."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fakestripe import (
    accounts,
    cards,
    checkout,
    checkout_payment,
    disputes,
    money,
    payment_intents,
    payouts,
    refunds,
    setup_intents,
    tax_table,
    webhook_endpoints,
)
from fakestripe.api import Double
from fakestripe.faults import KINDS, Fault
from fakestripe.problems import Problem, invalid
from fakestripe.spec import Obj
from fakestripe.webhook_endpoints import COLLECTED
from fakestripe.world import PLATFORM, World, shown

_STATES = {"send": "due", "hold": "held", "drop": "dropped"}
Order = Callable[[Double, Obj], Awaitable[Any]]


def tick(double: Double) -> None:
    """Let happen what the time brings: sessions expire, money becomes available."""
    double.world.request = {"id": None, "idempotency_key": None}
    checkout.expire_due(double.world)
    money.settle(double.world)
    double.commit()


async def _clock(double: Double, said: Obj) -> Obj:
    clock = double.world.clock
    if said.get("wall"):
        clock.run_with_the_wall()
    elif "advance" in said:
        clock.set(clock.now() + said["advance"], frozen=clock.frozen_at is not None)
    elif "now" in said:
        clock.set(said["now"], frozen=said.get("frozen", True))
    tick(double)
    return {"now": clock.now(), "frozen": clock.frozen_at is not None}


async def _reset(double: Double, said: Obj) -> Obj:
    hand_made = list(double.world.each(PLATFORM, "webhook_endpoint", _by_hand=True))
    double.world.clear()
    double.faults.waiting.clear()
    double.requests.clear()
    double.courier.rules.clear()
    double.courier.look_through()
    prepare(double.world)
    for each in hand_made:
        webhook_endpoints.put(
            double.world, url=each["url"], secret=each["_secret"], connect=each["_connect"]
        )
    return await _clock(double, said)


def prepare(world: World) -> None:
    """Have what every Stripe account begins with."""
    accounts.platform(world)
    tax_table.publish(world)
    world.save()


async def _endpoints(double: Double, said: Obj) -> Obj:
    for connect, name in ((False, "platform"), (True, "connect")):
        if name in said:
            url = said[name].get("url") or f"{COLLECTED}{name}"
            webhook_endpoints.put(
                double.world, url=url, secret=said[name]["secret"], connect=connect
            )
    return {}


async def _webhooks(double: Double, said: Obj) -> Obj:
    if said["mode"] == "send" and not said.get("types"):
        double.courier.rules.clear()
        return {}
    rule = {"state": _STATES[said["mode"]], "types": said.get("types"), "times": said.get("times")}
    double.courier.rules.insert(0, rule)
    return {}


async def _deliver(double: Double, said: Obj) -> list[Obj]:
    return await double.courier.deliver(said.get("order", "oldest"), said.get("ids", []))


async def _take(double: Double, said: Obj) -> list[Obj]:
    return double.courier.take(said.get("order", "oldest"), said.get("ids", []))


async def _duplicate(double: Double, said: Obj) -> list[Obj]:
    return await double.courier.duplicate(_named(double.world, said["id"]), said.get("times", 1))


async def _fail(double: Double, said: Obj) -> Obj:
    if said["how"] not in KINDS:
        raise invalid(f"One of {', '.join(KINDS)}.", param="how")
    double.faults.waiting.append(Fault(**said))
    return {}


async def _heal(double: Double, said: Obj) -> Obj:
    double.faults.waiting.clear()
    return {}


def _named(world: World, identifier: str) -> Obj:
    found = world.anywhere(identifier)
    if found is None:
        raise invalid(f"There is no {identifier}.", code="resource_missing")
    return found


async def _pay(double: Double, said: Obj) -> Obj:
    world = double.world
    session, card = _named(world, said["session"]), cards.by_number(said["card"])
    if card is None:
        raise invalid(f"The double knows no card {said['card']}.")
    buyer = {name: said.get(name) for name in ("email", "name", "phone")}
    try:
        intent = checkout_payment.pay(world, session, card, **buyer)
        if intent["status"] == "requires_action" and said.get("authenticate", True):
            authenticate(world, intent, ok=True)
    except Problem as problem:
        if problem.status != 402:
            raise
        return {**shown(session), "declined": problem.error["decline_code"]}
    return shown(session)


def authenticate(world: World, intent: Obj, *, ok: bool) -> Obj:
    """Answer an intent's 3D Secure question and complete the session it belongs to.

    Raises:
        Problem: 402 when it is not passed.
    """
    of = payment_intents if intent["object"] == "payment_intent" else setup_intents
    of.authenticate(world, intent, ok=ok)
    session = checkout_payment.session_of(world, intent)
    if session is not None:
        checkout_payment.finish(world, session, intent)
    return intent


async def _authenticate(double: Double, said: Obj) -> Obj:
    intent = _named(double.world, said["intent"])
    try:
        return shown(authenticate(double.world, intent, ok=said.get("ok", True)))
    except Problem as problem:
        if problem.status != 402:
            raise
        return {**shown(intent), "declined": problem.error["decline_code"]}


async def _onboard(double: Double, said: Obj) -> Obj:
    account = double.world.get(PLATFORM, "account", said["account"])
    return shown(accounts.onboard(double.world, account, said.get("outcome", "finish")))


async def _account(double: Double, said: Obj) -> Obj:
    ready = said.pop("charges_enabled", True)
    kind = said.pop("type", "standard")
    account = accounts.new(double.world, kind=kind, params=said, meta={}, wanted={})
    if ready:
        accounts.onboard(double.world, account, "finish")
    return shown(account)


async def _deauthorize(double: Double, said: Obj) -> Obj:
    accounts.deauthorize(double.world, double.world.get(PLATFORM, "account", said["account"]))
    return {}


def _charge(world: World, identifier: str) -> Obj:
    obj = _named(world, identifier)
    kind = "charge" if obj["object"] == "charge" else "payment_intent"
    return refunds.find_charge(world, obj["_account"], {kind: identifier})


async def _dispute(double: Double, said: Obj) -> Obj:
    charge = _charge(double.world, said["of"])
    reason = said.get("reason", "fraudulent")
    return shown(disputes.opened(double.world, charge, reason=reason, amount=said.get("amount")))


async def _close_dispute(double: Double, said: Obj) -> Obj:
    return shown(disputes.closed(double.world, _named(double.world, said["id"]), won=said["won"]))


async def _refund(double: Double, said: Obj) -> Obj:
    charge = _charge(double.world, said["of"])
    given = {name: said[name] for name in
             ("amount", "reason", "status", "reverse_transfer", "refund_fee")
             if said.get(name) is not None}  # fmt: skip
    return shown(refunds.refund(double.world, charge, **given))


async def _settle_refund(double: Double, said: Obj) -> Obj:
    return shown(refunds.settle(double.world, _named(double.world, said["id"]), said["status"]))


async def _payout(double: Double, said: Obj) -> Obj:
    world, account = double.world, said.get("account", PLATFORM)
    if said.get("available_now"):
        for entry in world.each(account, "balance_transaction", status="pending"):
            world.change(entry, status="available", available_on=world.clock.now())
    made = payouts.payout(world, account, currency=said.get("currency", "eur"),
                          amount=said.get("amount"))  # fmt: skip
    if said.get("status", "paid") != "pending":
        payouts.settle(world, made, said.get("status", "paid"))
    return shown(made)


async def _settle_payout(double: Double, said: Obj) -> Obj:
    return shown(payouts.settle(double.world, _named(double.world, said["id"]), said["status"]))


async def _objects(double: Double, said: Obj) -> list[Obj]:
    found = double.world.each(said.get("account", PLATFORM), said["kind"])
    return [shown(obj) for obj in reversed(list(found))]


async def _object(double: Double, said: Obj) -> Obj:
    return shown(_named(double.world, said["id"]))


async def _balance(double: Double, said: Obj) -> Obj:
    return dict(money.totals(double.world, said.get("account", PLATFORM)))


async def _requests(double: Double, said: Obj) -> list[Obj]:
    path = said.get("path", "/")
    return [line for line in double.requests if line["path"].startswith(path)]


async def _violations(double: Double, said: Obj) -> list[str]:
    found = list(double.world.violations)
    if said.get("forgive"):
        double.world.violations.clear()
    return found


async def _tick(double: Double, said: Obj) -> Obj:
    tick(double)
    return {}


ORDERS: dict[str, Order] = {
    "clock": _clock, "reset": _reset, "endpoints": _endpoints, "webhooks": _webhooks,
    "deliver": _deliver, "take": _take, "duplicate": _duplicate, "fail": _fail, "heal": _heal,
    "pay": _pay, "authenticate": _authenticate, "onboard": _onboard, "account": _account,
    "deauthorize": _deauthorize, "dispute": _dispute, "close_dispute": _close_dispute,
    "refund": _refund, "settle_refund": _settle_refund, "payout": _payout,
    "settle_payout": _settle_payout, "objects": _objects, "object": _object,
    "balance": _balance, "requests": _requests, "violations": _violations, "tick": _tick,
}  # fmt: skip


async def _order(request: Request) -> Response:
    double: Double = request.app.state.double
    order = ORDERS.get(request.path_params["name"])
    if order is None:
        return JSONResponse({"error": {"message": "No such order."}}, 404)
    body = await request.body()
    double.world.request = {"id": None, "idempotency_key": None}
    try:
        found = await order(double, json.loads(body) if body else {})
    except Problem as problem:
        return JSONResponse({"error": problem.error}, problem.status)
    finally:
        double.commit()
    return JSONResponse(found)


routes: list[BaseRoute] = [Route("/_control/{name}", _order, methods=["POST"])]

"""The API: keys, versions and accounts checked, idempotency kept, every exchange validated."""

import asyncio
import hashlib
import json
import traceback
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fakestripe import (
    accounts,
    charges,
    checkout,
    connect,
    customers,
    disputes,
    payment_intents,
    payouts,
    refunds,
    setup_intents,
    tax_table,
    webhook_endpoints,
)
from fakestripe.call import Call, Operations
from fakestripe.courier import Courier
from fakestripe.expansion import expanded
from fakestripe.faults import BEFORE, Fault, Faults
from fakestripe.problems import Problem, invalid
from fakestripe.spec import Obj, decode
from fakestripe.world import World, new_id, shown

KEY_LIVES = 86_400
LIVE = ("sk_live_", "rk_live_", "pk_live_")
OPERATIONS: Operations = {
    **accounts.operations, **charges.operations, **checkout.operations, **connect.operations,
    **customers.operations, **disputes.operations, **payment_intents.operations,
    **payouts.operations, **refunds.operations, **setup_intents.operations,
    **tax_table.operations, **webhook_endpoints.operations,
}  # fmt: skip


@dataclass
class Double:
    """The parts of the running program."""

    world: World
    courier: Courier
    faults: Faults = field(default_factory=Faults)
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    requests: list[Obj] = field(default_factory=list)

    def commit(self) -> None:
        """Save what changed and have its events sent."""
        events, self.world.new_events = self.world.new_events, []
        self.courier.plan(events)
        self.world.save()
        self.courier.wake()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    text: str
    account: str
    key: str
    version: str
    bearer: str


class CutOff(Response):
    """An answer that never comes: the connection is closed, after `seconds` of silence."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Promise a body and close before it."""
        await asyncio.sleep(self._seconds)
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})


async def answer(request: Request) -> Response:
    """Answer any call under /v1/."""
    double: Double = request.app.state.double
    asked = await _asked(request)
    fault = double.faults.take(asked.method, asked.path)
    line: Obj = {"method": asked.method, "path": asked.path, "account": asked.account,
                 "key": asked.key, "status": None, "replayed": False}  # fmt: skip
    double.requests.append(line)
    response = await _with_fault(double, asked, fault)
    cut = isinstance(response, CutOff)
    line["status"] = None if cut else response.status_code
    line["replayed"] = response.headers.get("idempotent-replayed") == "true"
    return response


async def _asked(request: Request) -> Asked:
    headers = request.headers
    sent = request.url.query if request.method != "POST" else (await request.body()).decode()
    return Asked(
        method=request.method, path=request.url.path, text=sent,
        account=headers.get("stripe-account", ""), key=headers.get("idempotency-key", ""),
        version=headers.get("stripe-version", ""),
        bearer=headers.get("authorization", "").removeprefix("Bearer "),
    )  # fmt: skip


async def _with_fault(double: Double, asked: Asked, fault: Fault | None) -> Response:
    if fault is None:
        return _keyed(double, asked, None)
    if fault.how == "slow":
        return await _slow(double, asked, fault)
    if fault.how in BEFORE:
        return _before(fault)
    done = _keyed(double, asked, fault)
    if fault.how == "timeout":
        return CutOff(fault.seconds)
    return CutOff() if fault.how == "drop" else done


async def _slow(double: Double, asked: Asked, fault: Fault) -> Response:
    place = (asked.account, asked.key)
    if place in double.in_flight:
        return _keyed(double, asked, None)
    mine = {place} if asked.key else set()
    double.in_flight |= mine
    await asyncio.sleep(fault.seconds)
    double.in_flight -= mine
    return _keyed(double, asked, None)


def _before(fault: Fault) -> Response:
    if fault.how == "drop_before":
        return CutOff()
    if fault.how == "429":
        error = {"type": "rate_limit_error", "code": "rate_limit",
                 "message": "Request rate limit exceeded."}  # fmt: skip
        return JSONResponse({"error": error}, 429)
    error = {"type": "api_error", "message": "Stripe is not available."}
    return JSONResponse({"error": error}, 503)


def _keyed(double: Double, asked: Asked, fault: Fault | None) -> Response:
    """Answer once per idempotency key: a later call gets the first one's answer."""
    world, place = double.world, (asked.account, asked.key)
    kept = world.keys.get(place) if asked.key and asked.method == "POST" else None
    if kept is not None and world.clock.now() - kept["at"] < KEY_LIVES:
        return _replayed(kept, asked)
    if asked.key and place in double.in_flight:
        return _problem(_in_use(asked.key))
    status, body, stored = _executed(double, asked, fault)
    if stored and asked.key and asked.method == "POST":
        entry = {"at": world.clock.now(), "print": _print(asked), "status": status, "body": body}
        world.keys[place] = entry
        world.state.keep_key(*place, entry)
    double.commit()
    return JSONResponse(body, status, headers={"request-id": world.request["id"],
                                               "stripe-version": world.spec.version})  # fmt: skip


def _print(asked: Asked) -> str:
    said = "&".join(sorted(asked.text.split("&")))
    return hashlib.sha256(f"{asked.method} {asked.path}\n{said}".encode()).hexdigest()


def _replayed(kept: Obj, asked: Asked) -> Response:
    if kept["print"] != _print(asked):
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{asked.key}' if you meant to execute "
            "a different request."
        )
        error = {"type": "idempotency_error", "message": message}
        return JSONResponse({"error": error}, 400)
    headers = {"idempotent-replayed": "true", "request-id": new_id("req", 14)}
    return JSONResponse(kept["body"], kept["status"], headers=headers)


def _in_use(key: str) -> Problem:
    message = (
        f"There is currently another in-progress request using this Idempotent Key ({key}). "
        "Please try again later."
    )
    error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
    return Problem(409, error, stored=False)


def _problem(problem: Problem) -> Response:
    return JSONResponse({"error": problem.error}, problem.status)


def _executed(double: Double, asked: Asked, fault: Fault | None) -> tuple[int, Obj, bool]:
    """Return (status, body, whether the idempotency key keeps it)."""
    world = double.world
    world.request = {"id": new_id("req", 14), "idempotency_key": asked.key or None}
    error = {"type": "api_error", "message": "An unexpected error occurred."}
    try:
        call, operation = _checked(world, asked)
        if fault is not None and fault.how == "500":
            return 500, {"error": error}, True
        body = _done(world, call, operation)
    except Problem as problem:
        return problem.status, {"error": problem.error}, problem.stored
    except Exception:
        world.violated(f"{asked.method} {asked.path}", [traceback.format_exc()])
        return 500, {"error": error}, True
    if fault is not None and fault.how == "500_after":
        return 500, {"error": error}, True
    return 200, body, True


def _done(world: World, call: Call, operation: tuple[str, str, Obj]) -> Obj:
    method, template, schema = operation
    made = shown(OPERATIONS[method, template](call))
    body = expanded(world, call.account, made, call.params.get("expand", []))
    world.violated(f"answer to {method} {template}", world.spec.answer(schema, body))
    copied: Obj = json.loads(json.dumps(body))
    return copied


def _checked(world: World, asked: Asked) -> tuple[Call, tuple[str, str, Obj]]:
    """Return the call, typed and known to be one of Stripe's.

    Raises:
        Problem: the key, version, account, path or a parameter is not.
    """
    _check_key(asked.bearer)
    if asked.version != world.spec.version:
        world.violated("Stripe-Version", [f"{asked.version} is not {world.spec.version}"])
        raise invalid(f"Invalid Stripe API version: {asked.version}")
    if asked.account:
        accounts.check_access(world, asked.account)
    if len(asked.key) > 255:
        raise invalid("Idempotency keys may be up to 255 characters.")
    found, method = world.spec.match(asked.method, asked.path), asked.method.lower()
    if found is None or (method, found[0]) not in OPERATIONS:
        world.violated("request", [f"{asked.method} {asked.path} is not known to the double"])
        raise Problem(404, {"type": "invalid_request_error", "message":
                      f"Unrecognized request URL ({asked.method}: {asked.path})."},
                      stored=False)  # fmt: skip
    template, ids, schema = found
    params, errors = world.spec.request(schema, decode(asked.text))
    if errors:
        world.violated(f"request {asked.method} {template}", errors)
        raise _bad_params(errors)
    return Call(world, asked.account, asked.path, ids, params), (method, template, schema)


def _bad_params(errors: list[str]) -> Problem:
    first = errors[0]
    named = first.partition("('")[2].partition("'")[0] or first.partition(":")[0]
    if "Additional properties" in first:
        return invalid(f"Received unknown parameter: {named}", param=named,
                       code="parameter_unknown")  # fmt: skip
    if "required property" in first:
        named = first.partition("'")[2].partition("'")[0]
        return invalid(f"Missing required param: {named}.", param=named, code="parameter_missing")
    return invalid("; ".join(errors), param=first.partition(":")[0].replace("/", "."))


def _check_key(bearer: str) -> None:
    error = {"type": "invalid_request_error", "message": ""}
    if bearer.startswith(LIVE):
        error["message"] = "This is a double of Stripe. It takes no live keys."
    elif not bearer.startswith(("sk_test_", "rk_test_")):
        error["message"] = "Invalid API Key provided."
    else:
        return
    raise Problem(401, error, stored=False)

"""Events as they are listed for catching up, and the endpoints they are sent to."""

from fakestripe.call import Call, Operations, listing, lookup, metadata, page
from fakestripe.problems import invalid
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World, new_id

COLLECTED = "collected:"


def put(world: World, *, url: str, secret: str, connect: bool) -> Obj:
    """Have one endpoint of the command line or the control interface; the same url replaces."""
    for kept in world.each(PLATFORM, "webhook_endpoint", _by_hand=True, _connect=connect):
        return world.change(kept, url=url, _secret=secret)
    return world.make(
        PLATFORM, "webhook_endpoint", url=url, enabled_events=["*"], status="enabled",
        metadata={}, api_version=world.spec.version, _secret=secret, _connect=connect,
        _by_hand=True,
    )  # fmt: skip


def wanted_by(world: World, event: Obj) -> list[Obj]:
    """Return the endpoints that an event goes to: Connect's for connected accounts' events."""
    return [
        endpoint
        for endpoint in world.each(PLATFORM, "webhook_endpoint", status="enabled")
        if endpoint["_connect"] == bool(event["_account"])
        and ({"*", event["type"]} & {*endpoint["enabled_events"]})
    ]


def undelivered(event: Obj) -> bool:
    """Whether an endpoint has yet to take an event."""
    return any(each["state"] != "sent" for each in event["_deliveries"].values())


def _events(call: Call) -> Obj:
    params = call.params
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.")
    if len(params.get("types", [])) > 20:
        raise invalid("At most 20 types.", param="types")
    types = params.get("types") or ([params["type"]] if "type" in params else None)
    delivered = params.get("delivery_success")
    return page(call, [
        event
        for event in call.world.each(call.account, "event")
        if (types is None or _of_type(event, types))
        and (delivered is None or undelivered(event) != delivered)
    ])  # fmt: skip


def _of_type(event: Obj, types: list[str]) -> bool:
    kind: str = event["type"]
    return any(
        kind == each or (each.endswith("*") and kind.startswith(each[:-1])) for each in types
    )


def _create(call: Call) -> Obj:
    params, secret = call.params, new_id("whsec", 32)
    made = call.world.make(
        PLATFORM, "webhook_endpoint", url=params["url"], enabled_events=params["enabled_events"],
        status="enabled", metadata=metadata(params), description=params.get("description"),
        api_version=params.get("api_version", call.world.spec.version), _secret=secret,
        _connect=params.get("connect", False),
    )  # fmt: skip
    return {**made, "secret": secret}


def _update(call: Call) -> Obj:
    kept, params = call.get("webhook_endpoint"), call.params
    names = ("url", "enabled_events", "description")
    given: Obj = {name: params[name] for name in names if name in params}
    if "disabled" in params:
        given["status"] = "disabled" if params["disabled"] else "enabled"
    return call.world.change(kept, metadata=metadata(params, kept["metadata"]), **given)


def _delete(call: Call) -> Obj:
    kept = call.get("webhook_endpoint")
    call.world.remove(kept)
    return {"id": kept["id"], "object": "webhook_endpoint", "deleted": True}


operations: Operations = {
    ("get", "/v1/events"): _events,
    ("get", "/v1/events/{id}"): lookup("event"),
    ("post", "/v1/webhook_endpoints"): _create,
    ("get", "/v1/webhook_endpoints"): listing("webhook_endpoint"),
    ("get", "/v1/webhook_endpoints/{webhook_endpoint}"): lookup("webhook_endpoint"),
    ("post", "/v1/webhook_endpoints/{webhook_endpoint}"): _update,
    ("delete", "/v1/webhook_endpoints/{webhook_endpoint}"): _delete,
}

"""`expand`: ids in an answer replaced by what they name, as deep as asked."""

from typing import Any

from fakestripe.call import listed
from fakestripe.problems import invalid
from fakestripe.spec import Obj, Spec
from fakestripe.world import World, shown

DEEPEST = 4


def expanded(world: World, account: str, body: Obj, paths: list[str]) -> Obj:
    """Return an answer with the named properties expanded.

    Raises:
        Problem: a property cannot be expanded, or a path is too deep.
    """
    for path in paths:
        names = path.split(".")
        if len(names) - (names[0] == "data") > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property.",
                          param="expand")  # fmt: skip
        _expand(world, account, body, names, path)
    return body


def _expand(world: World, account: str, body: Any, names: list[str], path: str) -> None:
    if not names or body is None:
        return
    if isinstance(body, list):
        for each in body:
            _expand(world, account, each, names, path)
        return
    name, rest = names[0], names[1:]
    if not _may(world.spec, body, name):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    if (body.get("object"), name) in _INCLUDED:
        body[name] = _INCLUDED[body["object"], name](world, account, body)
    elif isinstance(body.get(name), str):
        body[name] = _named(world, name, body[name])
    inner = account
    if name in ("destination_payment", "destination_payment_refund"):
        inner = body[name]["_account"]
    if isinstance(body.get(name), dict):
        body[name] = shown(body[name])
    _expand(world, inner, body.get(name), rest, path)


def _may(spec: Spec, body: Obj, name: str) -> bool:
    """Whether an object has a property that expands (nameless parts are taken at their word)."""
    if body.get("object") not in spec.schemas:
        return name in body
    of = spec.schemas[body["object"]]["properties"].get(name)
    if of is None:
        return False
    value = body.get(name)
    return bool(of.get("x-expandable")) or not isinstance(value, str)


def _named(world: World, name: str, identifier: str) -> Obj:
    if identifier == "ca_double":
        return {"id": identifier, "object": "application", "name": "Handstamp"}
    found = world.anywhere(identifier)
    if found is None:
        raise invalid(f"The double does not keep what {name} names.", param="expand")
    return found


def _lines(world: World, account: str, body: Obj) -> Obj:
    found: Obj = world.get(account, "checkout.session", body["id"])["_includes"]["line_items"]
    return found


def _refunds(world: World, account: str, body: Obj) -> Obj:
    found = reversed(list(world.each(account, "refund", charge=body["id"])))
    return listed(f"/v1/charges/{body['id']}/refunds", list(found))


_INCLUDED = {("checkout.session", "line_items"): _lines, ("charge", "refunds"): _refunds}

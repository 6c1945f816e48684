"""One API call as the resources see it, and what many of them need: lists and metadata."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fakestripe.problems import invalid
from fakestripe.spec import Obj
from fakestripe.world import World, shown


@dataclass(frozen=True)
class Call:
    """A checked request: parameters are typed and known, ids are those of the path."""

    world: World
    account: str
    path: str
    ids: tuple[str, ...]
    params: Obj

    def get(self, kind: str, place: int = 0) -> Obj:
        """Return the object that the path names.

        Raises:
            Problem: 404, this account has none.
        """
        return self.world.get(self.account, kind, self.ids[place])


Operations = dict[tuple[str, str], Callable[[Call], Obj]]


def page(call: Call, found: Iterable[Obj]) -> Obj:
    """Return objects, given oldest first, as a list of Stripe's: newest first, a page at a time."""
    params = call.params
    rows = [obj for obj in reversed(list(found)) if _in_range(obj, params.get("created"))]
    after, before = params.get("starting_after"), params.get("ending_before")
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", param="limit")
    if after:
        rows = rows[_place(rows, after, "starting_after") + 1 :]
    more = len(rows) > limit
    if before:
        rows = rows[: _place(rows, before, "ending_before")]
        more, rows = len(rows) > limit, rows[-limit:]
    return listed(call.path, rows[:limit], more=more)


def listed(url: str, rows: list[Obj], *, more: bool = False) -> Obj:
    """Return objects as a list of Stripe's."""
    return {"object": "list", "url": url, "has_more": more, "data": [shown(row) for row in rows]}


def _place(rows: list[Obj], identifier: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == identifier:
            return place
    raise invalid(f"No such object: '{identifier}'", param=param, code="resource_missing")


def _in_range(obj: Obj, wanted: object) -> bool:
    made: int = obj.get("created", 0)
    if isinstance(wanted, int):
        return made == wanted
    if not isinstance(wanted, dict):
        return True
    return bool(
        made > wanted.get("gt", -1)
        and made >= wanted.get("gte", 0)
        and made < wanted.get("lt", made + 1)
        and made <= wanted.get("lte", made)
    )


def metadata(params: Obj, kept: Obj | None = None, *, param: str = "metadata") -> Obj:
    """Return the metadata after a call: given keys replace, "" removes.

    Raises:
        Problem: more than 50 keys, a key over 40 or a value over 500 characters.
    """
    given = params.get("metadata")
    if given is None:
        return dict(kept or {})
    if given == "":
        return {}
    merged = {key: value for key, value in {**(kept or {}), **given}.items() if value != ""}
    if len(merged) > 50:
        raise invalid("Metadata can have up to 50 keys.", param=param)
    for key, value in merged.items():
        if len(key) > 40 or "[" in key or "]" in key:
            raise invalid(f"Metadata keys can have up to 40 characters: {key}.", param=param)
        if len(value) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, but you passed in a value that "
                f"is {len(value)} characters. Invalid value: {value}",
                param=f"{param}[{key}]",
            )
    return merged


def lookup(kind: str) -> Callable[[Call], Obj]:
    """Return the call that shows one object of a kind."""
    return lambda call: call.get(kind)


def listing(kind: str, *filters: str) -> Callable[[Call], Obj]:
    """Return the call that lists a kind; `filters` are parameters that a field must equal."""

    def _list(call: Call) -> Obj:
        equal = {name: call.params[name] for name in filters if name in call.params}
        return page(call, call.world.each(call.account, kind, **equal))

    return _list


def update_metadata(kind: str, *fields: str) -> Callable[[Call], Obj]:
    """Return the call that updates an object's metadata and plain fields."""

    def _update(call: Call) -> Obj:
        obj = call.get(kind)
        changed = {name: call.params[name] for name in fields if name in call.params}
        return call.world.change(obj, metadata=metadata(call.params, obj["metadata"]), **changed)

    return _update

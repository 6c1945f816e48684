"""Everything the double holds: objects per account, its clock, and what still has to be saved."""

import copy
import secrets
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from fakestripe.problems import missing
from fakestripe.spec import Obj, Spec
from fakestripe.state_file import StateFile

PLATFORM = ""
_LETTERS = string.ascii_letters + string.digits
_PREFIXES = {
    "account": "acct", "application_fee": "fee", "balance_transaction": "txn", "charge": "ch",
    "checkout.session": "cs_test", "customer": "cus", "dispute": "du", "event": "evt",
    "fee_refund": "fr", "item": "li", "payment_intent": "pi", "payment_method": "pm",
    "payout": "po", "price": "price", "refund": "re", "setup_attempt": "setatt",
    "setup_intent": "seti", "tax_rate": "txr", "transfer": "tr", "transfer_reversal": "trr",
    "webhook_endpoint": "we",
}  # fmt: skip


@dataclass
class Clock:
    """Seconds since 1970: the wall's plus an offset, or standing still."""

    frozen_at: int | None = None
    offset: int = 0
    moved: float = 0.0

    def now(self) -> int:
        """Return the time that this Stripe believes it is."""
        return self.frozen_at if self.frozen_at is not None else int(time.time()) + self.offset

    def set(self, now: int, *, frozen: bool) -> None:
        """Put the clock to a time, running on from there or standing."""
        self.moved += max(0, now - self.now())
        self.frozen_at = now if frozen else None
        self.offset = 0 if frozen else now - int(time.time())

    def run_with_the_wall(self) -> None:
        """Let it be the wall's time again."""
        self.frozen_at, self.offset = None, 0

    def elapsed(self) -> float:
        """Seconds for waiting: they pass in a standing clock too, and jump when it is moved on."""
        return time.monotonic() + self.moved


@dataclass
class World:
    """All accounts' objects, in the order they came to be. The platform's account is ""."""

    spec: Spec
    base_url: str = ""
    state: StateFile = field(default_factory=StateFile)
    clock: Clock = field(default_factory=Clock)
    accounts: dict[str, dict[str, Obj]] = field(default_factory=lambda: {PLATFORM: {}})
    kinds: dict[tuple[str, str], dict[str, Obj]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Obj] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    new_events: list[Obj] = field(default_factory=list)
    request: Obj = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    _changed: dict[tuple[str, str], Obj | None] = field(default_factory=dict)

    def load(self) -> None:
        """Read what an earlier process saved."""
        for account, obj in self.state.objects():
            self._keep(account, obj)
        self.keys = dict(self.state.keys())

    def save(self) -> None:
        """Write every change since the last time, in one step."""
        self.state.save(self._changed)
        self._changed = {}

    def clear(self) -> None:
        """Forget everything but the clock."""
        self.accounts, self.kinds = {PLATFORM: {}}, {}
        self.keys, self.violations, self.new_events, self._changed = {}, [], [], {}
        self.state.clear()

    def make(self, account: str, kind: str, /, **fields: object) -> Obj:
        """Return a new, kept object of a kind; fields not given are null or empty."""
        obj = self.blank(kind) | {"object": kind}
        obj["id"] = new_id(_PREFIXES[kind])
        if "created" in obj:
            obj["created"] = self.clock.now()
        if "livemode" in obj:
            obj["livemode"] = False
        obj |= fields
        obj["_account"] = account
        self._keep(account, obj)
        self._changed[account, obj["id"]] = obj
        return obj

    def _keep(self, account: str, obj: Obj) -> None:
        self.accounts.setdefault(account, {})[obj["id"]] = obj
        self.kinds.setdefault((account, obj["object"]), {})[obj["id"]] = obj

    def change(self, obj: Obj, **fields: object) -> Obj:
        """Set fields of a kept object."""
        obj |= fields
        self._changed[obj["_account"], obj["id"]] = obj
        return obj

    def remove(self, obj: Obj) -> None:
        """Forget an object."""
        del self.accounts[obj["_account"]][obj["id"]]
        del self.kinds[obj["_account"], obj["object"]][obj["id"]]
        self._changed[obj["_account"], obj["id"]] = None

    def find(self, account: str, identifier: str) -> Obj | None:
        """Return an account's object by its id, or None."""
        return self.accounts.get(account, {}).get(identifier)

    def get(self, account: str, kind: str, identifier: str, *, param: str = "id") -> Obj:
        """Return an account's object of a kind.

        Raises:
            Problem: 404, it has none of that id.
        """
        found = self.find(account, identifier)
        if found is None or found["object"] != kind:
            raise missing(kind, identifier, param=param)
        return found

    def each(self, account: str, kind: str, **equal: object) -> Iterator[Obj]:
        """Yield an account's objects of a kind, oldest first, whose fields equal those given."""
        for obj in list(self.kinds.get((account, kind), {}).values()):
            if all(obj.get(name) == value for name, value in equal.items()):
                yield obj

    def anywhere(self, identifier: str) -> Obj | None:
        """Return an object by id in whichever account it lies, or None."""
        for objects in self.accounts.values():
            if identifier in objects:
                return objects[identifier]
        return None

    def emit(self, account: str, kind: str, obj: Obj) -> Obj:
        """Record that something happened to an object, as it is now."""
        event = self.make(
            account,
            "event",
            type=kind,
            api_version=self.spec.version,
            data={"object": shown(obj)},
            request=dict(self.request),
            pending_webhooks=0,
            _deliveries={},
        )
        del event["account"]
        if account:
            event["account"] = account
        self.violated(f"event {kind}", self.spec.event(shown(event)))
        self.new_events.append(event)
        return event

    def violated(self, where: str, found: list[str]) -> None:
        """Record what does not fit the schema."""
        for line in found:
            self.violations.append(f"{where}: {line}")
            print(f"fakestripe: schema violation: {where}: {line}", flush=True)

    def blank(self, kind: str) -> Obj:
        """Return an object of a kind with nothing in it that need not be."""
        made = _blank(self.spec, {"$ref": f"#/schemas/{kind}"}, top=True)
        assert isinstance(made, dict)
        return made


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh id that looks like Stripe's."""
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(length))


def shown(obj: Obj) -> Obj:
    """Return a copy of an object as Stripe shows it: fields that begin with _ are the double's."""
    return {key: copy.deepcopy(value) for key, value in obj.items() if not key.startswith("_")}


_INCLUDED_ON_REQUEST = {"line_items", "refunds", "deleted", "sources", "subscriptions", "tax_ids"}
_EMPTY: Obj = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}


def _blank(spec: Spec, schema: Obj, *, top: bool = False) -> object:
    if {"type": "null"} in schema.get("anyOf", []):
        return None
    schema = spec.deref(schema)
    if "anyOf" in schema:
        return _blank(spec, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        required = schema.get("required", [])
        return {
            name: _blank(spec, inner)
            for name, inner in schema.get("properties", {}).items()
            if name in required or (top and name not in _INCLUDED_ON_REQUEST)
        }
    return copy.copy(_EMPTY[schema["type"]])

"""A JSON Schema of Stripe's wire, derived from the types of the installed SDK.

The SDK's files are generated from Stripe's own OpenAPI description, so a document that is valid
here has the fields, types and names of Stripe's. What no type says (states, sums, cross-field
rules) is the double's own code.
"""

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

import stripe

from fakestripe.sdk_source import (
    Place,
    class_at,
    dotted,
    load,
    object_name,
    resolve,
    resolve_dotted,
)

Schema = dict[str, Any]

SERVICES = (
    "_account_service", "_account_link_service", "_account_login_link_service",
    "_application_fee_service", "_application_fee_refund_service", "_balance_service",
    "_balance_transaction_service", "_charge_service", "_customer_service",
    "_customer_payment_method_service", "_dispute_service", "_event_service",
    "_payment_intent_service", "_payment_method_service", "_payout_service", "_refund_service",
    "_setup_intent_service", "_tax_rate_service", "_transfer_service",
    "_transfer_reversal_service", "_webhook_endpoint_service", "checkout._session_service",
    "checkout._session_line_item_service",
)  # fmt: skip
KEPT = {
    "account", "account_link", "application_fee", "balance", "balance_transaction", "charge",
    "checkout.session", "customer", "dispute", "event", "fee_refund", "item", "login_link",
    "payment_intent", "payment_method", "payout", "price", "refund", "setup_attempt",
    "setup_intent", "tax_rate", "transfer", "transfer_reversal", "webhook_endpoint",
}  # fmt: skip
NULL: Schema = {"type": "null"}
_PLAIN: dict[str, Schema] = {
    "int": {"type": "integer"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "Decimal": {"type": "string"},
    "Any": {},
    "object": {},
    "UntypedStripeObject": {"type": "object"},
    "StripeObject": {"type": "object"},
    "Dict": {"type": "object"},
}
_MAPS = ("Dict", "Mapping", "dict", "UntypedStripeObject")
_NOTHING: Schema = {"type": "object", "properties": {}, "additionalProperties": False}


def stripe_schema() -> Schema:
    """Return {"version", "paths", "schemas"}; derived once per SDK and kept beside the bytecode."""
    kept = _kept_at()
    if kept.exists():
        read: Schema = json.loads(kept.read_text())
        return read
    derived = derive()
    try:
        kept.parent.mkdir(exist_ok=True)
        partial = kept.with_suffix(f".{id(derived)}")
        partial.write_text(json.dumps(derived, separators=(",", ":")))
        partial.replace(kept)
    except OSError:
        pass
    return derived


def _kept_at() -> Path:
    here = Path(__file__).parent
    source = (here / "sdk_schema.py").read_bytes() + (here / "sdk_source.py").read_bytes()
    name = f"schema-{stripe.VERSION}-{hashlib.sha256(source).hexdigest()[:12]}.json"
    return here / "__pycache__" / name


def derive() -> Schema:
    """Read the SDK anew and return its schema.

    Shape: `version` the API version; `paths` {path: {verb: {"request", "answer"}}}; `schemas` by
    name, referred to as "#/schemas/NAME".
    """
    reader = _Reader()
    paths: dict[str, dict[str, Schema]] = {}
    for service in SERVICES:
        for path, verb, operation in reader.operations(f"stripe.{service}"):
            paths.setdefault(path, {})[verb] = operation
    reader.finish()
    return {"version": stripe.api_version, "paths": paths, "schemas": reader.schemas}


class _Reader:
    """Turns annotations into schemas; classes met on the way wait in `pending`."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self.pending: list[tuple[str, Place]] = []

    def operations(self, name: str) -> list[tuple[str, str, Schema]]:
        """Return (path, verb, operation) of every call of one service of the SDK."""
        found = []
        for cls in load(name).classes.values():
            for function in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and _called(call) == "_request":
                        scope = Place(name, (cls.name,))
                        found.append((_path(call), _verb(call), self._operation(scope, function)))
        return found

    def _operation(self, scope: Place, function: ast.FunctionDef) -> Schema:
        of = next((arg.annotation for arg in function.args.args if arg.arg == "params"), None)
        request = _NOTHING
        if of is not None:
            optional = isinstance(of, ast.Subscript) and _name(of.value) == "Optional"
            request = self.convert(scope, of.slice if optional else of)  # type: ignore[attr-defined]
        assert function.returns is not None
        return {"request": request, "answer": self.convert(scope, function.returns)}

    def finish(self) -> None:
        """Build every class that was referred to."""
        while self.pending:
            key, place = self.pending.pop()
            top = object_name(Place(place.module, place.names[:1]))
            cut = top is not None and top not in KEPT
            self.schemas[key] = {"type": "object"} if cut else self._build(place)

    def _refer(self, place: Place) -> Schema:
        key = _key(place)
        if key not in self.schemas:
            self.schemas[key] = {}
            self.pending.append((key, place))
        return {"$ref": f"#/schemas/{key}"}

    def convert(self, scope: Place, node: ast.expr) -> Schema:
        """Return the schema of one annotation."""
        if isinstance(node, ast.Constant):
            if node.value is None:
                return NULL
            return self.convert(scope, ast.parse(str(node.value), mode="eval").body)
        if isinstance(node, ast.Name):
            plain = _PLAIN.get(node.id)
            return dict(plain) if plain is not None else self._refer(resolve(scope, node.id))
        if isinstance(node, ast.Attribute):
            return self._refer(resolve_dotted(scope, dotted(node)))
        if isinstance(node, ast.BinOp):
            return union([self.convert(scope, node.left), self.convert(scope, node.right)])
        assert isinstance(node, ast.Subscript), ast.dump(node)
        return self._generic(scope, node)

    def _generic(self, scope: Place, node: ast.Subscript) -> Schema:
        head = _name(node.value)
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if head == "Literal":
            values = [ast.literal_eval(each) for each in inside]
            return {"enum": values, "type": "boolean" if values == [True] else "string"}
        if head in _MAPS:
            return {"type": "object", "additionalProperties": self.convert(scope, inside[-1])}
        parts = [self.convert(scope, each) for each in inside]
        return _generic_of(head, parts)

    def _build(self, place: Place) -> Schema:
        cls, params = class_at(place), load(place.module).holds_params
        properties: Schema = {}
        required: list[str] = []
        for base in cls.bases:
            if isinstance(base, ast.Name) and base.id in load(place.module).classes:
                inherited = self._build(Place(place.module, (base.id,)))
                properties |= inherited["properties"]
                required += inherited["required"]
        renamed = _renamed(cls)
        for node in cls.body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            field, of = renamed.get(node.target.id, node.target.id), node.annotation
            head = _name(of.value) if isinstance(of, ast.Subscript) else ""
            if field.startswith("_") or field == "OBJECT_NAME" or head == "ClassVar":
                continue
            properties[field] = self.convert(place, of)
            left_out = head == "NotRequired" if params else may_be_null(properties[field])
            if not left_out and field != "deleted":
                required.append(field)
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }


def _generic_of(head: str, parts: list[Schema]) -> Schema:
    if head in ("NotRequired", "Required"):
        return parts[0]
    if head in ("Optional", "Union"):
        return union([*parts, *([NULL] if head == "Optional" else [])])
    if head in ("List", "list"):
        return {"type": "array", "items": parts[0]}
    if head == "ExpandableField":
        return {"anyOf": [{"type": "string"}, parts[0]], "x-expandable": True}
    assert head in ("ListObject", "SearchResultObject"), head
    return _list_of(parts[0])


def union(parts: list[Schema]) -> Schema:
    """Return one schema for any of several; the SDK's open enums (`Literal | str`) stay closed."""
    flat: list[Schema] = []
    for part in parts:
        inner = part["anyOf"] if set(part) == {"anyOf"} else [part]
        flat += [each for each in inner if each not in flat]
    named = any(value != "" for part in flat for value in part.get("enum", []))
    if named:
        flat = [part for part in flat if part != {"type": "string"}]
    if any(part not in ({"type": "object"}, NULL) for part in flat):
        flat = [part for part in flat if part != {"type": "object"}]
    expandable = [part for part in flat if part.get("x-expandable")]
    if expandable and flat[1:] in ([], [NULL]):
        return {"anyOf": [*expandable[0]["anyOf"], *flat[1:]], "x-expandable": True}
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def may_be_null(schema: Schema) -> bool:
    """Whether null is a value of this schema."""
    return NULL in schema.get("anyOf", [])


def _list_of(items: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["object", "data", "has_more", "url"],
        "properties": {
            "object": {"type": "string", "enum": ["list"]},
            "data": {"type": "array", "items": items},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
            "total_count": {"type": "integer"},
        },
        "additionalProperties": False,
    }


def _key(place: Place) -> str:
    module = load(place.module)
    if module.holds_params:
        return ".".join((place.module.removeprefix("stripe."), *place.names))
    top = object_name(Place(place.module, place.names[:1]))
    if top is not None:
        return ".".join((top, *place.names[1:]))
    return ".".join((place.module, *place.names))


def _renamed(cls: ast.ClassDef) -> dict[str, str]:
    for node in cls.body:
        if isinstance(node, ast.Assign) and _name(node.targets[0]) == "_field_remappings":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    return {}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _called(call: ast.Call) -> str:
    return _name(call.func)


def _verb(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def _path(call: ast.Call) -> str:
    template = call.args[1]
    if isinstance(template, ast.Call):
        assert isinstance(template.func, ast.Attribute)
        template = template.func.value
    return str(ast.literal_eval(template))

"""What goes over the wire: bracketed forms in, and everything held to the derived schema."""

import re
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from fakestripe.sdk_schema import NULL, Schema, stripe_schema

Obj = dict[str, Any]


class Spec:
    """Stripe's operations and objects, as the installed SDK types them."""

    def __init__(self, schema: Schema | None = None) -> None:
        document = schema or stripe_schema()
        self.version: str = document["version"]
        self.schemas: Schema = document["schemas"]
        self._operations = sorted(
            (path.count("{"), path, re.compile(_pattern(path)), verbs)
            for path, verbs in document["paths"].items()
        )

    def match(self, method: str, path: str) -> tuple[str, tuple[str, ...], Schema] | None:
        """Return (template, ids in the path, operation), or None where Stripe has nothing."""
        for _, template, pattern, verbs in self._operations:
            found = pattern.match(path)
            if found and method.lower() in verbs:
                return template, found.groups(), verbs[method.lower()]
        return None

    def deref(self, schema: Schema) -> Schema:
        """Follow references."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].removeprefix("#/schemas/")]
        return schema

    def request(self, operation: Schema, raw: Obj) -> tuple[Obj, list[str]]:
        """Return the typed parameters of a decoded form, and what is wrong with them."""
        typed = self.typed(raw, operation["request"])
        return typed, self.errors(typed, operation["request"])

    def answer(self, operation: Schema, body: Obj) -> list[str]:
        """Return what is wrong with the body of a 200."""
        return self.errors(body, operation["answer"])

    def event(self, event: Obj) -> list[str]:
        """Return what is wrong with an event and the object in it."""
        held = event["data"]["object"]
        found = self.errors(event, {"$ref": "#/schemas/event"})
        inner = self.errors(held, {"$ref": f"#/schemas/{held['object']}"})
        return found + [f"data/object/{each}" for each in inner]

    def errors(self, value: Any, schema: Schema) -> list[str]:
        """Return what is wrong with a value, each as "path: why"."""
        checker = Draft202012Validator({**schema, "schemas": self.schemas})
        return [line for error in checker.iter_errors(value) for line in _leaves(error)]

    def typed(self, value: Any, schema: Schema) -> Any:
        """Give the strings of a form the types that the schema names."""
        schema = self.deref(schema)
        if "anyOf" in schema:
            return self._typed_as_any(value, schema["anyOf"])
        if isinstance(value, str):
            return _typed_text(value, schema)
        if isinstance(value, dict):
            return self._typed_map(value, schema)
        return value

    def _typed_as_any(self, value: Any, options: list[Schema]) -> Any:
        tries = [(self.typed(value, option), option) for option in options if option != NULL]
        for typed, option in tries:
            if not self.errors(typed, option):
                return typed
        deepest = [typed for typed, _ in tries if not isinstance(typed, str)]
        return deepest[0] if deepest else value

    def _typed_map(self, value: Obj, schema: Schema) -> Any:
        if schema.get("type") == "array" and all(key.isdigit() for key in value):
            return [self.typed(value[key], schema["items"]) for key in sorted(value, key=int)]
        known = schema.get("properties", {})
        others = schema.get("additionalProperties") or {}
        return {key: self.typed(each, known.get(key, others)) for key, each in value.items()}


def _pattern(path: str) -> str:
    return "^" + re.sub(r"\{[^}]+\}", "([^/]+)", path) + "$"


def _typed_text(value: str, schema: Schema) -> Any:
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return [] if kind == "array" and value == "" else value


def _leaves(error: ValidationError) -> list[str]:
    if error.validator == "anyOf" and error.context:
        by_option: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            by_option.setdefault(inner.schema_path[0], []).append(inner)
        nearest = max(
            by_option.values(),
            key=lambda found: max(len(one.absolute_path) for one in found) - 0.1 * len(found),
        )
        return [line for inner in nearest for line in _leaves(inner)]
    where = "/".join(map(str, error.absolute_path))
    return [f"{where}: {error.message[:160]}"]


def decode(text: str) -> Obj:
    """Return the tree of a bracketed form: `a[0][b]=1` is {"a": {"0": {"b": "1"}}}.

    Raises:
        ValueError: one key is said twice, or is both a value and a branch.
    """
    tree: Obj = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head = re.match(r"[^\[]*", key)
        assert head is not None
        names = [head.group(), *re.findall(r"\[([^\]]*)\]", key)]
        branch = tree
        for name in names[:-1]:
            branch = branch.setdefault(name or str(len(branch)), {})
            if not isinstance(branch, dict):
                raise ValueError(f"{key} is a value and a branch")
        last = names[-1] or str(len(branch))
        if last in branch:
            raise ValueError(f"{key} is said twice")
        branch[last] = value
    return tree

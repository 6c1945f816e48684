"""Holds JSON to the schemas of shared/schemas."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from tests.contract.vector_files import SHARED

SCHEMAS = sorted((SHARED / "schemas").glob("*.schema.json"))


@cache
def registry() -> Registry[Any]:
    """Return every schema under its file name."""
    return Registry().with_resources(
        (path.name, Resource.from_contents(json.loads(path.read_text()))) for path in SCHEMAS
    )


def validate(schema: str, given: Any) -> None:
    """Raise when something does not fit, e.g. `fold.schema.json#/$defs/input`."""
    Draft202012Validator({"$ref": schema}, registry=registry()).validate(given)

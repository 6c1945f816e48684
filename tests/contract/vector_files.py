"""Reads shared/vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def load(name: str) -> dict[str, Any]:
    """Return one file of vectors, e.g. `token/read`."""
    loaded: dict[str, Any] = json.loads((SHARED / "vectors" / f"{name}.json").read_text())
    return loaded


def cases(name: str) -> list[Any]:
    """Return a file's vectors as named parameters."""
    return [pytest.param(vector, id=vector["name"]) for vector in load(name)["vectors"]]


def all_files() -> list[str]:
    """Return the name of every file of vectors."""
    folder = SHARED / "vectors"
    return sorted(
        path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json")
    )

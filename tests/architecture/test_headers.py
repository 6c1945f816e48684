"""Every module says in its first line what it is for; twins name each other."""

import ast
import re
from pathlib import Path

import pytest
from tests.architecture import tree

TWINS = {
    "token": "tickets/token.py",
    "wire": "checkin/wire.py",
    "fold": "checkin/fold.py",
    "verdict": "checkin/verdict.py",
}


def header(path: Path) -> str:
    """Return the first line of a module's docstring or opening comment."""
    text = path.read_text()
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    found = re.match(r"\s*(?:#!.*\n)?(?://\s?(.+)|/\*\*?\s*\n?\s*\*?\s?(.+))", text)
    return (found.group(1) or found.group(2)).strip() if found else ""


def test_every_python_module_has_a_header() -> None:
    written = [path for path in tree.python_files() if path.read_text().strip()]
    assert [tree.name(path) for path in written if len(header(path)) < 15] == []


def test_every_script_has_a_header() -> None:
    assert [tree.name(path) for path in tree.script_files() if len(header(path)) < 15] == []


@pytest.mark.parametrize("twin", TWINS)
def test_twins_exist_on_both_sides_with_vectors(twin: str) -> None:
    python = tree.SERVER / TWINS[twin]
    script = tree.PWA / "src" / "core" / f"{twin}.js"
    vectors = tree.ROOT / "shared" / "vectors" / twin
    assert list(vectors.glob("*.json")), f"no vectors for {twin}"
    for path in (python, script):
        opening = "\n".join(path.read_text().splitlines()[:12])
        assert "Twin:" in opening, tree.name(path)
        assert "Vectors:" in opening, tree.name(path)

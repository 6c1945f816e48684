"""Every module says in its first line what it is for."""

import ast
import re
from pathlib import Path

from tests.architecture import tree


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

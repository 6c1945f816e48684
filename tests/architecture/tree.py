"""The source tree as the architecture tests see it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "handstamp"
PWA = ROOT / "pwa"
PYTHON = (ROOT / "server", ROOT / "tests", ROOT / "bench", ROOT / "tools", ROOT / "shared")


def files(*roots: Path, suffix: str) -> list[Path]:
    """Return the files with a suffix below the roots, generated and vendored ones left out."""
    return sorted(
        path
        for root in roots
        for path in root.rglob(f"*{suffix}")
        if not {"__pycache__", "node_modules", "vendor", ".venv"} & {*path.parts}
        and path.name != "precache.js"
    )


def python_files() -> list[Path]:
    """Return every Python file that people wrote."""
    return files(*PYTHON, suffix=".py")


def script_files() -> list[Path]:
    """Return every JavaScript file that people wrote."""
    return files(PWA, SERVER, ROOT / "shared", ROOT / "tools", suffix=".js")


def style_files() -> list[Path]:
    """Return every style sheet."""
    return files(PWA, SERVER, suffix=".css")


def name(path: Path) -> str:
    """Return a path as it reads from the root of the tree."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, lines without its docstring) of every Python function in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or first.lineno) - first.lineno + 1
            yield f"{name(path)}:{node.lineno} {node.name}", lines

"""Copies of the door app with a file list of their own, so that a test can publish a new build."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
MARK = "src/log-view.js"


def copy_app(folder: Path) -> Path:
    """Copy the app as it is now and list its files."""
    shutil.copytree(ROOT / "pwa", folder, ignore=shutil.ignore_patterns("test", "types"))
    list_files(folder)
    return folder


def publish(folder: Path, words: str) -> str:
    """Change one script of a copy, list its files anew and return the build's id."""
    original = (ROOT / "pwa" / MARK).read_text()
    (folder / MARK).write_text(f"{original}// {words}\n" if words else original)
    return list_files(folder)


def list_files(folder: Path) -> str:
    """Write the copy's precache.js; return the build's id."""
    tool = _tool()
    tool.PWA = folder  # type: ignore[attr-defined]
    listing: str = tool.render()
    (folder / "precache.js").write_text(listing)
    return listing.partition('"id": "')[2].partition('"')[0]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("precache", ROOT / "tools" / "precache.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

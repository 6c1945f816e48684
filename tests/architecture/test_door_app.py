"""The door app's floors: core, data, then sync and scan, then ui, then main."""

import posixpath
import re
from pathlib import Path

from tests.architecture import tree

SRC = tree.PWA / "src"
FLOORS = {"core": 0, "data": 1, "sync": 2, "scan": 2, "ui": 3, "main.js": 4}
IMPORT = re.compile(r"""(?:^|\s)(?:import|export)\s*(?:[\w*{}\s,$]+\s+from\s+)?['"]([^'"]+)['"]""")
LATE_IMPORT = re.compile(r"""\bimport\(\s*['"]([^'"]+)['"]""")


def without_comments(path: Path) -> str:
    """Return a script's text with comments taken out."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    return re.sub(r"(^|[^:'\"`])//.*", r"\1", text)


def scripts() -> list[Path]:
    return tree.files(SRC, suffix=".js")


def floor(path: str) -> str:
    """Return the folder of src that a path lies in (`main.js` and its like stand alone)."""
    head = path.split("/", maxsplit=1)[0]
    return head if head in FLOORS else "main.js"


def imports(path: Path) -> list[str]:
    """Return what a script imports, as paths below src (vendored files begin with `../`)."""
    text = without_comments(path)
    home = path.relative_to(SRC).parent.as_posix()
    found = IMPORT.findall(text) + LATE_IMPORT.findall(text)
    return [posixpath.normpath(posixpath.join(home, target)) for target in found]


def test_a_script_imports_only_from_floors_below_or_its_own() -> None:
    assert len(scripts()) > 15
    broken = []
    for path in scripts():
        here = path.relative_to(SRC).as_posix()
        for target in imports(path):
            if target.startswith("../"):
                continue
            mine, theirs = floor(here), floor(target)
            if mine != theirs and FLOORS[theirs] >= FLOORS[mine]:
                broken.append(f"{here} -> {target}")
    assert broken == []


def test_every_import_names_a_file_that_is_there() -> None:
    assert [
        f"{tree.name(path)} -> {target}"
        for path in scripts()
        for target in imports(path)
        if not (SRC / target).is_file()
    ] == []


def test_core_touches_no_page_clock_storage_or_network() -> None:
    world = re.compile(
        r"\b(document\.|window\.|navigator\.|localStorage|indexedDB|fetch\(|WebSocket"
        r"|XMLHttpRequest|Date\b|performance\.|setTimeout|setInterval|Math\.random)"
    )
    assert {
        tree.name(path): found
        for path in tree.files(SRC / "core", suffix=".js")
        if (found := sorted({match.group() for match in world.finditer(without_comments(path))}))
    } == {}


def test_only_the_transport_talks_to_the_server() -> None:
    network = re.compile(r"\b(fetch\(|XMLHttpRequest|new WebSocket|EventSource|sendBeacon)")
    assert [
        tree.name(path)
        for path in scripts()
        if network.search(without_comments(path))
        and path.relative_to(SRC).as_posix() != "sync/transport.js"
    ] == []


def test_only_data_opens_the_database_on_the_phone() -> None:
    assert [
        tree.name(path)
        for path in scripts()
        if re.search(r"\bindexedDB\b", without_comments(path))
        and floor(path.relative_to(SRC).as_posix()) != "data"
    ] == []


def test_pages_ask_no_other_site_for_anything() -> None:
    away = re.compile(r"""(?:src|href|url|from|import)\s*[=(]?\s*["']?https?://""")
    pages = [*tree.files(tree.PWA, suffix=".html"), *tree.style_files(), *tree.script_files()]
    assert [tree.name(path) for path in pages if away.search(path.read_text())] == []

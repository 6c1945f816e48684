"""Names that hide what a file does are not used; tables and clocks keep their rules."""

import ast
import re

from tests.architecture import tree

NOTHING_SAID = {"service", "services", "utils", "util", "helpers", "helper", "common", "core",
                "manager", "managers", "base", "misc", "lib"}  # fmt: skip
WALL_CLOCKS = {"now", "utcnow", "today"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [
        tree.name(path)
        for path in [*tree.files(tree.SERVER, suffix=".py"), *tree.script_files()]
        if path.stem in NOTHING_SAID
    ] == []


def test_every_table_is_prefixed() -> None:
    tables = [
        table
        for path in tree.files(tree.SERVER, suffix="models.py")
        for table in re.findall(r'__tablename__ = "(.+)"', path.read_text())
    ]
    assert len(tables) > 20
    assert [table for table in tables if not table.startswith("tickets_")] == []


def test_the_wall_clock_is_read_in_one_file() -> None:
    found = []
    for path in tree.files(tree.SERVER, suffix=".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = ast.unparse(node.func.value)
            wall = owner in ("datetime", "date", "datetime.datetime") and (
                node.func.attr in WALL_CLOCKS
            )
            if wall or (owner == "time" and node.func.attr in ("time", "time_ns")):
                found.append(f"{tree.name(path)}:{node.lineno}")
    assert [place for place in found if "kit/clock.py" not in place] == []


def test_nothing_reads_the_environment_past_the_settings() -> None:
    assert [
        tree.name(path)
        for path in tree.files(tree.SERVER, suffix=".py")
        if re.search(r"\bos\.environ\b|\bos\.getenv\b", path.read_text())
        and path.name != "metrics.py"  # its client library is told by the environment alone
    ] == []


def test_nothing_is_left_for_later_or_skipped_without_a_date() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    skips = re.compile(r"(pytest\.mark\.(skip|xfail)|pytest\.skip\(|\btest\.skip\()")
    found = []
    for path in [*tree.python_files(), *tree.script_files()]:
        if path.name == "test_names.py":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            undated = skips.search(line) and not re.search(r"20\d\d-\d\d-\d\d", line)
            if marks.search(line) or undated:
                found.append(f"{tree.name(path)}:{number}")
    assert found == []


def test_only_settings_of_the_product_brief_lack_the_prefix() -> None:
    config = (tree.SERVER / "plumbing" / "config.py").read_text()
    aliases = re.findall(r'alias="(\w+)"', config)
    assert aliases
    named = re.compile(r"ENABLE_TICKETING\w*|STRIPE_\w+|TICKET_PAYMENT_TIMEOUT")
    assert [alias for alias in aliases if not named.fullmatch(alias)] == []

"""The runner of the figures prints one object, judges goals, and says when a figure failed."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.__main__ import measure
from bench.figure import Figure, share
from tests.architecture import tree

GOOD = '''"""Counts to three."""
from bench.figure import Figure

async def measure():
    print("noise")
    return {"time": Figure(0.5, "ms", "<= 1"), "rate": Figure(10, "facts/s", ">= 600")}
'''

SLOW = '''"""Never ends by itself."""
import asyncio
from pathlib import Path

async def measure():
    Path("started").touch()
    try:
        await asyncio.sleep(600)
    finally:
        Path("tidied").touch()
'''


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    """A copy of the runner with two groups of its own."""
    home = tmp_path / "bench"
    home.mkdir()
    for name in ("__init__", "__main__", "figure", "measure_one"):
        (home / f"{name}.py").write_text((tree.ROOT / "bench" / f"{name}.py").read_text())
    for group, text in (("good", GOOD), ("bad", '"""Fails."""\nraise SystemExit(3)\n')):
        (home / group).mkdir()
        (home / group / "one.py").write_text(text)
    return tmp_path


def run(folder: Path, *only: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *only],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}")


def test_a_group_prints_one_object_with_judged_goals(figures: Path) -> None:
    code, found = run(figures, "good")
    assert code == 0
    assert {name: (row["value"], row["holds"]) for name, row in found.items()} == {
        "good: time": (0.5, True),
        "good: rate": (10, False),
    }
    assert all(row["ratio"] > 0 for row in found.values())


def test_a_figure_that_fails_is_told_and_does_not_stop_the_others(figures: Path) -> None:
    code, found = run(figures)
    assert code == 1
    assert found["bad/one"] == {"error": "ended with exit code 3"}
    assert found["good: time"]["holds"] is True


def test_a_figure_that_takes_too_long_may_tidy_up(
    figures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(figures)
    slow = figures / "bench" / "slow" / "one.py"
    slow.parent.mkdir()
    slow.write_text(SLOW)
    for seconds in (5, 20, 60):  # a busy machine may need long to start a process
        found = measure(slow, seconds)
        assert found == {"slow/one": {"error": "its group took longer than 12 minutes"}}
        if (figures / "started").exists():
            break
    assert (figures / "tidied").exists()


def test_an_unknown_group_is_an_error(figures: Path) -> None:
    assert run(figures, "nothing") == (2, {})


def test_ratios_say_the_same_on_a_machine_twice_as_fast() -> None:
    assert Figure(10, "ms").ratio(0.02) == Figure(5, "ms").ratio(0.01)
    assert Figure(100, "facts/s").ratio(0.02) == Figure(200, "facts/s").ratio(0.01)
    assert Figure(14, "B").ratio(0.02) is None
    with pytest.raises(ValueError, match="reads like"):
        Figure(1, "s", "about 3").holds()


def test_a_share_is_a_value_that_was_measured() -> None:
    times = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert (share(times, 0.5), share(times, 0.95), share(times, 0.2)) == (3.0, 5.0, 1.0)
    assert share([7.0], 0.5) == 7.0


def test_every_figure_of_the_door_says_how_it_is_measured() -> None:
    files = sorted((tree.ROOT / "bench" / "door").glob("*.py"))
    assert len(files) >= 10
    for path in files:
        method = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert len(method) > 300, path.name

"""Measure every figure and print one JSON object: `python -m bench [GROUP | GROUP/NAME]`.

Only the object goes to standard output; what happens meanwhile goes to standard error. The
exit code is 1 when a figure could not be measured; a missed goal only reads `"holds": false`.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

HERE = Path(__file__).parent
GROUP_SECONDS = 12 * 60
TIDY_SECONDS = 30


def figure_files(only: str = "", here: Path = HERE) -> list[Path]:
    """Return the figure files, or those of one group, or one (`door`, `door/snapshot_bytes`)."""
    files = [path for path in sorted(here.glob("*/*.py")) if not path.name.startswith("_")]
    return [
        path
        for path in files
        if not only or only in (path.parent.name, f"{path.parent.name}/{path.stem}")
    ]


def measure(path: Path, seconds: float, log: TextIO = sys.stderr) -> dict[str, Any]:
    """Measure one file in its own process, in `seconds` at most; a failure is a member `error`."""
    name = f"{path.parent.name}/{path.stem}"
    package = path.parent.parent.name
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        module = f"{package}.{path.parent.name}.{path.stem}"
        command = [sys.executable, "-m", "bench.measure_one", module, str(output)]
        print(f"measuring {name}", file=log, flush=True)
        code = _run(command, seconds)
        if code is None:
            return {name: {"error": "its group took longer than 12 minutes"}}
        if code != 0 or not output.exists():
            return {name: {"error": f"ended with exit code {code}"}}
        found = json.loads(output.read_text())
    return {f"{path.parent.name}: {figure}": members for figure, members in found.items()}


def _run(command: list[str], seconds: float) -> int | None:
    """Return the exit code; None when it took too long and was stopped.

    It is stopped as by the keyboard, so that it can end the servers it has started.
    """
    with subprocess.Popen(command, stdout=sys.stderr) as running:
        try:
            return running.wait(max(1.0, seconds))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)
        try:
            running.wait(TIDY_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
    return None


def main() -> int:
    """Run the command line."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    files = figure_files(only)
    if not files:
        print(f"there is no figure {only}" if only else "there are no figures", file=sys.stderr)
        return 2
    figures: dict[str, Any] = {}
    left: dict[str, float] = defaultdict(lambda: float(GROUP_SECONDS))
    for path in files:
        figures |= _timed(path, left)
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    return 1 if any("error" in members for members in figures.values()) else 0


def _timed(path: Path, left: dict[str, float]) -> dict[str, Any]:
    start = monotonic()
    found = measure(path, left[path.parent.name])
    left[path.parent.name] -= monotonic() - start
    return found


if __name__ == "__main__":
    sys.exit(main())

"""Measure one figure file in a process of its own: `python -m bench.measure_one MODULE OUTPUT`."""

import asyncio
import contextlib
import importlib
import json
import signal
import sys
from pathlib import Path

from bench.figure import Figure, calibration_loop


def main(module: str, output: str) -> None:
    """Import the module, measure, and write {figure: members} to the file `output`."""
    # A shell that starts work in the background has it ignore SIGINT, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.redirect_stdout(sys.stderr):
        loop = calibration_loop()
        found: dict[str, Figure] = asyncio.run(importlib.import_module(module).measure())
    written = {name: figure.written(loop) for name, figure in found.items()}
    Path(output).write_text(json.dumps(written))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Runs `handstamp` with the door app's files from a folder: `serve_copy.py FOLDER …`.

HANDSTAMP_TEST_CLOCK names a file whose 8 bytes say by how many ms the clock is moved, as of now.
"""

import mmap
import os
import sys
import time
from pathlib import Path

from starlette.routing import Mount

from handstamp.checkin import door_files
from handstamp.cli import main

moved = os.environ.get("HANDSTAMP_TEST_CLOCK")
if moved:
    with Path(moved).open("r+b") as file:
        offset = mmap.mmap(file.fileno(), 8)
    real = time.time_ns
    time.time_ns = lambda: real() + int.from_bytes(offset[:8]) * 1_000_000
folder = sys.argv.pop(1)
for route in door_files.routes:
    if isinstance(route, Mount):
        route.app.directory = folder  # type: ignore[attr-defined]
        route.app.all_directories = [folder]  # type: ignore[attr-defined]
main()

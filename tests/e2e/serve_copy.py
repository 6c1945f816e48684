"""Runs `handstamp` with the door app's files from a folder: `serve_copy.py FOLDER …`."""

import sys

from starlette.routing import Mount

from handstamp.checkin import door_files
from handstamp.cli import main

folder = sys.argv.pop(1)
for route in door_files.routes:
    if isinstance(route, Mount):
        route.app.directory = folder  # type: ignore[attr-defined]
        route.app.all_directories = [folder]  # type: ignore[attr-defined]
main()

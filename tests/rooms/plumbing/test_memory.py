"""What a server has loaded stays out of the garbage collector's way."""

import os
import subprocess
import sys
from pathlib import Path

MADE = """
import gc
from handstamp.commands.serve import application
application()
gc.collect()
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_a_full_collection_of_a_server_looks_at_little(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "ENABLE_TICKETING": "true",
        "HANDSTAMP_SECRET": "a" * 64,
        "HANDSTAMP_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/door.db",
    }
    command = [sys.executable, "-c", MADE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    kept_out, looked_at = map(int, done.stdout.split())
    assert kept_out > 100_000
    assert looked_at < kept_out / 50, "else each one stops all requests"

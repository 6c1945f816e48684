"""Counters of several processes add up when they share a folder."""

import os
import subprocess
import sys
from pathlib import Path

COUNT = "from handstamp.plumbing.metrics import MAILS; MAILS.labels(kind='k', outcome='sent').inc()"
SHOW = "from handstamp.plumbing.metrics import exposition; print(exposition([]).decode())"


def run(program: str, folder: Path) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_processes_add_up(tmp_path: Path) -> None:
    for _process in range(2):
        run(COUNT, tmp_path)
    assert 'tickets_mails_total{kind="k",outcome="sent"} 2.0' in run(SHOW, tmp_path)

"""`handstamp serve` and `handstamp worker` as processes: ready, answering, ending in order."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2
import pytest
from tests.fixtures.services import SECRET

HANDSTAMP = Path(sys.executable).parent / "handstamp"
PATIENCE = 60.0  # another test may have the machine
get = partial(httpx2.get, timeout=PATIENCE)


@contextmanager
def running(
    url: str, *command: str, code: int = 0, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """Start a command on a database; afterwards it must end by SIGTERM with `code`."""
    process = subprocess.Popen(
        [HANDSTAMP, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **{name: value for name, value in os.environ.items() if "HANDSTAMP_" not in name},
            "HANDSTAMP_DATABASE_URL": url,
            "HANDSTAMP_SECRET": SECRET,
            "ENABLE_TICKETING": "true",
            **settings,
        },
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=40)
        assert "Traceback" not in errors, errors
    assert process.returncode in (code, -signal.SIGTERM)


def ready(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says ready and return it."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready"):
            return line.strip()
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def test_one_process_says_where_it_listens(database_url: str) -> None:
    with running(database_url, "serve", "--port", "0") as process:
        address = ready(process).removeprefix("ready on ")
        assert address.startswith("http://127.0.0.1:")
        health = get(f"{address}/api/tickets/health")
        assert health.json()["parts"]["database"]["status"] == "ok"


def test_a_fresh_sqlite_file_is_made_by_serving(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new/handstamp.db"
    with running(url, "serve", "--port", "0") as process:
        address = ready(process).removeprefix("ready on ")
        assert get(f"{address}/api/tickets/checkin/time").status_code == 200


def test_several_processes_and_a_worker_share_postgresql(postgres_url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = ("serve", "--port", str(port), "--processes", "2")
    with (
        running(postgres_url, *web, HANDSTAMP_RUN_WORKER="false"),
        running(postgres_url, "worker") as worker,
    ):
        assert ready(worker) == "ready"
        transport = httpx2.HTTPTransport(retries=12)
        with httpx2.Client(transport=transport, timeout=PATIENCE) as http:
            health = http.get(f"http://127.0.0.1:{port}/api/tickets/health")
        assert health.json()["parts"]["database"]["detail"] == "PostgreSQL"


def test_serving_refuses_a_database_of_another_version(postgres_url: str, tmp_path: Path) -> None:
    from tests.fixtures import postgres

    name = postgres_url.rsplit("/", 1)[-1]
    postgres.execute(name, "UPDATE tickets_schema_version SET version_num = 'older'")
    done = subprocess.run(
        [HANDSTAMP, "serve", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "HANDSTAMP_DATABASE_URL": postgres_url, "HANDSTAMP_SECRET": SECRET},
    )
    assert done.returncode == 3
    assert "handstamp migrate" in done.stderr


@pytest.mark.parametrize("port", ["70000", "many"])
def test_an_impossible_port_is_wrong_use(port: str) -> None:
    done = subprocess.run(
        [HANDSTAMP, "serve", "--port", port], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2

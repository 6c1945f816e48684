"""A PostgreSQL server of the figures' own: on loopback, in a folder, with every commit on disk."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.postgres import OWNER, programs

DATABASE = "handstamp"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Run PostgreSQL as Debian ships it; yields SQLAlchemy's address of an empty database."""
    user = "postgres" if os.geteuid() == 0 else None
    home = folder / "postgres"
    home.mkdir()
    if user:
        folder.chmod(0o755)
        shutil.chown(home, user)
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [str(programs() / program), *arguments]
        subprocess.run(command, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)

    data, log = str(home / "data"), str(home / "log")
    run("initdb", "-D", data, "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust")
    places = "-c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    run("pg_ctl", "-D", data, "-l", log, "-o", f"-p {port} {places}", "-w", "start")
    try:
        run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", OWNER, DATABASE)
        yield f"postgresql+psycopg://{OWNER}@127.0.0.1:{port}/{DATABASE}"
    finally:
        run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")

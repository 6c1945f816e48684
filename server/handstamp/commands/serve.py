"""`handstamp serve`: the web server, with the worker inside where one process does it all."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Annotated

import typer
import uvicorn
from sqlalchemy.engine import make_url
from starlette.applications import Starlette

from handstamp.app import create_app
from handstamp.commands.running import MISUSED, NO_DATABASE, read_settings, run_plainly, say, stop
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Database
from handstamp.plumbing.memory import freeze_what_stays, share_arenas
from handstamp.plumbing.migrate import is_current, migrate

Host = Annotated[str, typer.Option(envvar="HANDSTAMP_HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port; 0 takes any.")]
Processes = Annotated[
    int, typer.Option(envvar="HANDSTAMP_PROCESSES", min=1, help="More than 1 needs PostgreSQL.")
]

_WEB = {
    "ws": "websockets-sansio",
    "http": "httptools",
    "loop": "uvloop",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "ws_max_size": 65_536,
    "ws_per_message_deflate": False,  # hints are tiny; it takes 0.3 MB a phone
    "timeout_graceful_shutdown": 5,
    # A busy machine may need many seconds to start a process; 5 would kill it again and again.
    "timeout_worker_healthcheck": 60,
}


class Announcing(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then call `ready`."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


def serve(host: Host = "127.0.0.1", port: Port = 8000, processes: Processes = 1) -> None:
    """Answer requests until stopped; on SQLite background work runs inside."""
    settings = read_settings()
    if processes > 1 and _is_sqlite(settings):
        stop("several processes need PostgreSQL; SQLite is for one", MISUSED)
    run_plainly(_prepare(settings))
    if processes == 1:
        with bind(host, port) as listener:
            listen(settings, listener, lambda: say(f"ready on {address(listener)}"))
        return
    uvicorn.run(
        "handstamp.commands.serve:application",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        forwarded_allow_ips=settings.trusted_proxies,
        **_WEB,  # type: ignore[arg-type]
    )


def listen(settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve on a bound socket in this process until a signal comes; calls `ready` once."""
    config = uvicorn.Config(
        _made(settings),
        forwarded_allow_ips=settings.trusted_proxies,
        **_WEB,  # type: ignore[arg-type]
    )
    # A signal ends the server in order and is then raised again.
    with contextlib.suppress(KeyboardInterrupt):
        Announcing(config, ready).run(sockets=[listener])


def address(listener: socket.socket) -> str:
    """Return the http address of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port; 0 takes any that is free.

    Raises:
        typer.Exit: the port is taken, or the address is not this computer's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        stop(f"port {port} on {host} cannot be used ({error.strerror}); choose one with PORT=…")
    return listener


def application() -> Starlette:
    """Build the application of one of several processes from the environment."""
    return _made(read_settings())


def _made(settings: Settings) -> Starlette:
    share_arenas()
    app = create_app(settings)
    freeze_what_stays()
    return app


async def _prepare(settings: Settings) -> None:
    if _is_sqlite(settings):
        await migrate(settings)
        return
    db = Database(settings.database_url, pool_size=1)
    try:
        async with asyncio.timeout(30):
            current = await is_current(db)
    finally:
        await db.close()
    if not current:
        stop("the database is not of this version. Run: handstamp migrate", NO_DATABASE)


def _is_sqlite(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"

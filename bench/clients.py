"""Clients that ask as fast as they are answered, in a process of their own.

`python -m bench.clients ASKED ANSWERED` is that process. The requests are made beforehand and only
sent there, each client on one connection that is kept open, so that little processor time is taken
from the server under measurement.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvloop

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Run:
    """What clients saw: seconds from the first measured request to the last answer, the seconds
    each took, how often each status came, and the last answer of each client.
    """

    seconds: float
    latencies: list[float]
    statuses: dict[str, int]
    received: int
    last: list[str]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a whole HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def run_clients(
    folder: Path, port: int, clients: Sequence[Sequence[bytes]], *, warm: int = 0
) -> Run:
    """Let clients ask, one connection each; the first `warm` requests of each are not measured.

    Raises:
        RuntimeError: a client failed; its error went to standard error.
    """
    asked, answered = folder / "asked.json", folder / "answered.json"
    texts = [[raw.decode("latin-1") for raw in requests] for requests in clients]
    asked.write_text(json.dumps({"port": port, "warm": warm, "clients": texts}))
    command = [sys.executable, "-m", "bench.clients", str(asked), str(answered)]
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise RuntimeError("the clients failed")
    return Run(**json.loads(answered.read_text()))


class _Connection(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[tuple[str, bytes]] | None = None
        self._needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Fail what waits: the server must keep the connection."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    async def ask(self, raw: bytes) -> tuple[str, bytes]:
        """Send a request; return status and body as it came."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        """Gather an answer until it is whole."""
        received = self._received
        received += data
        if len(received) < self._needed:
            return
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        self._needed = end + 4 + length
        if len(received) < self._needed:
            return
        body = bytes(received[end + 4 :])
        received.clear()
        self._needed = 0
        assert self._waiting is not None
        self._waiting.set_result((head[9:12].decode(), body))


async def _main(asked: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    clients = [[text.encode("latin-1") for text in requests] for requests in asked["clients"]]
    connections = [
        (await loop.create_connection(_Connection, HOST, asked["port"]))[1] for _ in clients
    ]
    warm = asked["warm"]
    await asyncio.gather(
        *(_ask_all(*pair) for pair in zip(connections, (c[:warm] for c in clients), strict=True))
    )
    started = time.perf_counter()
    parts = await asyncio.gather(
        *(_ask_all(*pair) for pair in zip(connections, (c[warm:] for c in clients), strict=True))
    )
    seconds = time.perf_counter() - started
    statuses = Counter(status for _, found, _, _ in parts for status in found)
    return {
        "seconds": seconds,
        "latencies": [latency for latencies, _, _, _ in parts for latency in latencies],
        "statuses": statuses,
        "received": sum(received for _, _, received, _ in parts),
        "last": [last.decode("latin-1") for _, _, _, last in parts],
    }


async def _ask_all(
    connection: _Connection, requests: list[bytes]
) -> tuple[list[float], list[str], int, bytes]:
    latencies, statuses, received, body = [], [], 0, b""
    for raw in requests:
        started = time.perf_counter()
        status, body = await connection.ask(raw)
        latencies.append(time.perf_counter() - started)
        statuses.append(status)
        received += len(body)
    return latencies, statuses, received, body[:20_000]


if __name__ == "__main__":
    _read, _written = (Path(argument) for argument in sys.argv[1:])
    _written.write_text(json.dumps(uvloop.run(_main(json.loads(_read.read_text())))))

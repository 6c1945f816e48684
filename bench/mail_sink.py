"""A mail server in a process of its own that writes down what it took: `python -m bench.mail_sink`.

It takes a folder, answers after so many milliseconds, and refuses some recipients: so many of a
thousand at first (451), so many for good (550), always the same ones. The folder's `port` holds
the port, `taken` a line for each mail it took: the second of the clock and the recipient.
"""

import asyncio
import signal
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.installation import stop

START_S = 20


@dataclass
class MailSink:
    """A running mail server: its address and what it has taken."""

    folder: Path

    @property
    def url(self) -> str:
        """What HANDSTAMP_MAIL_URL is set to."""
        return f"smtp://127.0.0.1:{(self.folder / 'port').read_text()}"

    def is_ready(self) -> bool:
        """Tell whether it listens."""
        return (self.folder / "port").exists()

    def count(self) -> int:
        """Return how many mails it has taken."""
        return self._read().count(b"\n")

    def taken(self) -> dict[str, float]:
        """Return when it took the last mail to each recipient, by the clock, in seconds."""
        lines = [line.split(" ", 1) for line in self._read().decode().splitlines()]
        return {recipient: float(at) for at, recipient in lines}

    def _read(self) -> bytes:
        return (self.folder / "taken").read_bytes()


@asynccontextmanager
async def mail_sink(
    folder: Path, *, wait_ms: int = 0, later: int = 0, never: int = 0
) -> AsyncIterator[MailSink]:
    """Run the process; `later` and `never` are of a thousand recipients."""
    await asyncio.to_thread(_prepare, folder)
    numbers = [str(number) for number in (wait_ms, later, never)]
    command = [sys.executable, "-m", "bench.mail_sink", str(folder), *numbers]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        sink = MailSink(folder)
        async with asyncio.timeout(START_S):
            ready = sink.is_ready()
            while not ready:
                await asyncio.sleep(0.02)
                ready = sink.is_ready()
        yield sink
    finally:
        await stop(process)


def _prepare(folder: Path) -> None:
    folder.mkdir()
    (folder / "taken").touch()


class _Keeper:
    """Decides about each mail; `taken` is the open file."""

    def __init__(self, folder: Path, wait_s: float, later: int, never: int) -> None:
        self._taken = (folder / "taken").open("a", buffering=1)
        self._wait_s, self._later, self._never = wait_s, later, never
        self._refused: set[str] = set()

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail or refuse it."""
        await asyncio.sleep(self._wait_s)
        recipient = envelope.rcpt_tos[0]
        fate = zlib.crc32(recipient.encode()) % 1_000
        if fate < self._never:
            return "550 there is nobody of that name"
        if fate < self._never + self._later and recipient not in self._refused:
            self._refused.add(recipient)
            return "451 try again later"
        self._taken.write(f"{time.time():.4f} {recipient}\n")
        return "250 taken"


async def _main(folder: Path, wait_ms: int, later: int, never: int) -> None:
    keeper: Any = _Keeper(folder, wait_ms / 1_000, later, never)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="localhost", loop=loop), host="127.0.0.1", port=0
    )
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    made = folder / "making"
    made.write_text(str(server.sockets[0].getsockname()[1]))
    made.rename(folder / "port")
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:5])))

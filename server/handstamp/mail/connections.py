"""Connections to the mail server, kept by a process for its next mails and closed when idle."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiosmtplib

MOST = 8  # of one process at the same time: mail servers count them
MAILS_EACH = 100  # many servers end a connection that brings more
IDLE_S = 5.0
_BYE_S = 2.0


class Connection:
    """A client, connected or not yet; `mails` it has carried since it connected.

    `is_clean`: the server expects a new mail, not the rest of one.
    """

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.is_clean = True
        self.idle_since = 0.0

    @property
    def can_go_on(self) -> bool:
        """Tell whether it can carry another mail."""
        return self.is_clean and self.client.is_connected and self.mails < MAILS_EACH

    async def connect(self) -> None:
        """Connect anew: TLS and sign-in belong to it."""
        self.client.close()
        self.mails, self.is_clean = 0, True
        await self.client.connect()

    async def close(self) -> None:
        """Take leave of the server, if it listens."""
        if self.is_clean and self.client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self.client.quit(timeout=_BYE_S)
        self.client.close()


class Connections:
    """At most `MOST` in use at a time; who asks then waits for its turn.

    Args:
        new_client: makes a client that is not connected yet.
    """

    def __init__(self, new_client: Callable[[], aiosmtplib.SMTP]) -> None:
        self._new_client = new_client
        self._free = asyncio.Semaphore(MOST)
        self._kept: list[Connection] = []
        self._timer: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """Lend a connection, which may not be connected; afterwards it is kept if it can go on."""
        async with self._free:
            lent = self._kept.pop() if self._kept else Connection(self._new_client())
            try:
                yield lent
            finally:
                if lent.can_go_on:
                    self._keep(lent)
                else:
                    self._end(lent)

    async def close(self) -> None:
        """Close those that nobody uses."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._kept:
            self._end(self._kept.pop())
        await asyncio.gather(*self._closing)

    def _keep(self, one: Connection) -> None:
        loop = asyncio.get_running_loop()
        one.idle_since = loop.time()
        self._kept.append(one)
        if self._timer is None:
            self._timer = loop.call_later(IDLE_S, self._end_idle)

    def _end_idle(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._kept and loop.time() - self._kept[0].idle_since >= IDLE_S:
            self._end(self._kept.pop(0))
        if self._kept:
            left = self._kept[0].idle_since + IDLE_S - loop.time()
            self._timer = loop.call_later(left, self._end_idle)

    def _end(self, one: Connection) -> None:
        task = asyncio.create_task(one.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

"""Child processes that draw: started when there is work, ended when there has been none."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
IDLE_S = 60.0
DOCUMENTS = 500
# All that a child is told: where fonts and their cache are, and Homebrew's Pango on a Mac.
ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": str(Path.home()),
    "TMPDIR": tempfile.gettempdir(),
    "LANG": "C.UTF-8",
    "DYLD_FALLBACK_LIBRARY_PATH": "/opt/homebrew/lib:/usr/local/lib:/usr/lib",
}


class DrawingFailed(Exception):
    """A document could not be drawn; the text says why, without personal data."""


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.drawn = 0

    async def ask(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        source, target = self.process.stdout, self.process.stdin
        assert source is not None and target is not None
        target.write(len(request).to_bytes(4, "big") + request)
        await target.drain()
        length = int.from_bytes(await source.readexactly(4), "big")
        head: dict[str, Any] = json.loads(await source.readexactly(length))
        self.drawn += 1
        return head, await source.readexactly(head.get("size", 0))

    async def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class DrawingPool:
    """Hands requests to `size` children at most; belongs to the event loop of its first use."""

    def __init__(self, size: int | None = None, *, idle_s: float = IDLE_S) -> None:
        self._seats = asyncio.Semaphore(size or min(4, os.cpu_count() or 1))
        self._free: list[_Child] = []
        self._idle_s = idle_s
        self._ending: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> int:
        """Return how many children wait for work."""
        return len(self._free)

    async def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Have a child answer; a child that dies is replaced once.

        Raises:
            DrawingFailed: it died twice, took too long (a minute, and as long again for every
                50 tickets), or cannot draw on this machine.
        """
        content = json.dumps(request).encode()
        patience = PATIENCE_S * (1 + len(request.get("tickets", ())) / 50)
        async with self._seats:
            try:
                return await self._answer(content, patience)
            except _Died:
                pass
            try:
                return await self._answer(content, patience)
            except _Died as error:
                raise DrawingFailed("the process that draws ended unexpectedly") from error

    async def close(self) -> None:
        """End every child."""
        if self._ending is not None:
            self._ending.cancel()
        while self._free:
            await self._free.pop().end()
        await asyncio.gather(*self._tasks)

    async def _answer(self, content: bytes, patience_s: float) -> tuple[dict[str, Any], bytes]:
        child = self._free.pop() if self._free else await _start()
        whole = False
        try:
            async with asyncio.timeout(patience_s):
                head, body = await child.ask(content)
            whole = "error" not in head and child.drawn < DOCUMENTS
        except TimeoutError as error:
            raise DrawingFailed(f"it took longer than {patience_s:.0f} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise _Died from error
        finally:
            if whole:
                self._keep(child)
            else:
                await child.end()
        if "error" in head:
            raise DrawingFailed("Pango is not installed on this machine")
        return head, body

    def _keep(self, child: _Child) -> None:
        self._free.append(child)
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        while self._free:
            task = asyncio.create_task(self._free.pop().end())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


class _Died(Exception):
    """A child ended before its answer was whole."""


async def _start() -> _Child:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "handstamp.pdf.pdf_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    return _Child(process)

"""Child processes that draw: started when there is work, ended when there has been none."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

from handstamp.plumbing import children
from handstamp.plumbing.children import Child, ChildDied

PATIENCE_S = 60.0
IDLE_S = 60.0
DOCUMENTS = 500
# Fonts and their cache are found from the home; Homebrew's Pango on a Mac is not.
ENVIRONMENT = {
    **children.ENVIRONMENT,
    "DYLD_FALLBACK_LIBRARY_PATH": "/opt/homebrew/lib:/usr/local/lib:/usr/lib",
}


class DrawingFailed(Exception):
    """A document could not be drawn; the text says why, without personal data."""


class _Drawer:
    def __init__(self, child: Child) -> None:
        self.child = child
        self.drawn = 0

    async def ask(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        await self.child.send(request)
        answer = await self.child.answer()
        self.drawn += 1
        return answer


class DrawingPool:
    """Hands requests to `size` children at most; belongs to the event loop of its first use."""

    def __init__(self, size: int | None = None, *, idle_s: float = IDLE_S) -> None:
        self._seats = asyncio.Semaphore(size or min(4, os.cpu_count() or 1))
        self._free: list[_Drawer] = []
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
            except ChildDied:
                pass
            try:
                return await self._answer(content, patience)
            except ChildDied as error:
                raise DrawingFailed("the process that draws ended unexpectedly") from error

    async def close(self) -> None:
        """End every child."""
        if self._ending is not None:
            self._ending.cancel()
        while self._free:
            await self._free.pop().child.end()
        await asyncio.gather(*self._tasks)

    async def _answer(self, content: bytes, patience_s: float) -> tuple[dict[str, Any], bytes]:
        drawer = self._free.pop() if self._free else await _start()
        whole = False
        try:
            async with asyncio.timeout(patience_s):
                head, body = await drawer.ask(content)
            whole = "error" not in head and drawer.drawn < DOCUMENTS
        except TimeoutError as error:
            raise DrawingFailed(f"it took longer than {patience_s:.0f} s") from error
        finally:
            if whole:
                self._keep(drawer)
            else:
                await drawer.child.end()
        if "error" in head:
            raise DrawingFailed("Pango is not installed on this machine")
        return head, body

    def _keep(self, drawer: _Drawer) -> None:
        self._free.append(drawer)
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        while self._free:
            task = asyncio.create_task(self._free.pop().child.end())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _start() -> _Drawer:
    return _Drawer(await children.start("handstamp.pdf.pdf_child", ENVIRONMENT))

"""Child processes: work whose memory, time or crash must not be the server's.

What a child has to know, secrets too, comes through its standard input; it inherits neither the
server's environment nor its log. The other side is `plumbing/child.py`.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from handstamp.plumbing.child import LENGTH

# All that a child is told.
ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": str(Path.home()),
    "TMPDIR": tempfile.gettempdir(),
    "LANG": "C.UTF-8",
}


class ChildDied(Exception):
    """A child ended before its answer was whole."""


class Child:
    """A running child, from this side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(self, frame: bytes) -> None:
        """Hand over one frame.

        Raises:
            ChildDied: the child is gone.
        """
        target = self._process.stdin
        assert target is not None
        if target.is_closing():
            raise ChildDied
        try:
            target.write(len(frame).to_bytes(LENGTH, "big") + frame)
            await target.drain()
        except ConnectionError as error:
            raise ChildDied from error

    async def answer(self) -> tuple[dict[str, Any], bytes]:
        """Return the next answer: its head and what stands behind it.

        Raises:
            ChildDied: the child ended before it was whole.
        """
        source = self._process.stdout
        assert source is not None
        try:
            length = int.from_bytes(await source.readexactly(LENGTH), "big")
            head: dict[str, Any] = json.loads(await source.readexactly(length))
            return head, await source.readexactly(head["size"])
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ChildDied from error

    async def end(self) -> None:
        """Kill it, if it has not ended by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


async def start(module: str, environment: Mapping[str, str] = ENVIRONMENT) -> Child:
    """Start `python -m module`; the caller ends it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    return Child(process)


@asynccontextmanager
async def child_of(module: str) -> AsyncIterator[Child]:
    """Run a child for one task; it has ended when the block has, however that ends."""
    child = await start(module)
    try:
        yield child
    finally:
        await child.end()

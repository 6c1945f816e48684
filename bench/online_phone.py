"""A phone that is online: hints over the WebSocket, then pulls, as the door app does it."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Self

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.door_phones import API, Phone
from bench.installation import Installation

JITTER_S = 0.2


@dataclass
class OnlinePhone:
    """One connection; `changed` is when it had each changed ticket (`perf_counter`)."""

    phone: Phone
    http: httpx2.AsyncClient
    changed: dict[int, float] = field(default_factory=dict)
    pulls: int = 0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: ClientConnection | None = None
    _listening: asyncio.Task[None] | None = None

    @property
    def local_port(self) -> int:
        """This end of the WebSocket."""
        assert self._socket is not None
        port: int = self._socket.local_address[1]
        return port

    async def connect(self, here: Installation) -> Self:
        """Open the WebSocket, greet, and hear the first hint."""
        address = f"ws://127.0.0.1:{here.port}{API}/live"
        self._socket = await connect(address, proxy=None)
        await self._socket.send(json.dumps({"credential": self.phone.credential}))
        await self._socket.recv()
        self._listening = asyncio.create_task(self._listen(self._socket))
        return self

    async def close(self) -> None:
        """Hang up."""
        assert self._socket is not None
        assert self._listening is not None
        await self._socket.close()
        await self._listening

    async def has(self, serial: int) -> None:
        """Wait until the phone has a change of this ticket."""
        while serial not in self.changed:
            self._arrived.clear()
            await self._arrived.wait()

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                seq = json.loads(message).get("seq")
                if seq is not None and self.phone.cursor and seq > self.phone.cursor["seq"]:
                    await asyncio.sleep(JITTER_S * random.random())
                    await self.pull()
        except ConnectionClosed:
            return

    async def pull(self) -> None:
        """Exchange once and note what came."""
        changes = (await self.phone.sync(self.http))["changes"]
        now = time.perf_counter()
        self.pulls += 1
        for row in changes["tickets"]:
            self.changed[row[0]] = now
        self._arrived.set()

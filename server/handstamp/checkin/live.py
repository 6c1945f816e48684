"""The WebSocket of a phone: one message in with its credential, then hints out (R42)."""

import asyncio
import contextlib
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from handstamp.checkin.broadcast import HINT_PAUSE_S, Phone, broadcaster
from handstamp.checkin.device_credentials import read_credential, standing
from handstamp.checkin.models import Device
from handstamp.plumbing.errors import Unauthenticated
from handstamp.plumbing.web import Services, services

GREETING_S = 10.0
MOST_GREETING = 4_096
NOT_PAIRED = 4401
ENDED = 4403


async def live(websocket: WebSocket) -> None:
    """Serve one connection until either side ends it or the pairing ends."""
    await websocket.accept()
    of = services(websocket)
    device = await _greeted(websocket, of)
    if device is None:
        await websocket.close(NOT_PAIRED)
        return
    state = standing(device, of.clock())
    if state in ("revoked", "expired"):
        await websocket.send_json({"standing": state})
        await websocket.close(ENDED)
        return
    phone = Phone(device.id, device.expires_at)
    try:
        await broadcaster(of).join(device.event_id, phone)
        await _until_either_ends(websocket, phone)
    finally:
        broadcaster(of).leave(device.event_id, phone)


async def _greeted(websocket: WebSocket, of: Services) -> Device | None:
    try:
        text = await asyncio.wait_for(websocket.receive_text(), GREETING_S)
        if len(text) > MOST_GREETING:
            return None
        greeting = json.loads(text)
        credential = greeting["credential"]
        device = read_credential(of, credential)
    except (
        TimeoutError,
        WebSocketDisconnect,
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
        AttributeError,
        Unauthenticated,
    ):
        return None
    async with of.db.read() as session:
        found = await session.get(Device, device)
    return found if found is not None and found.kind == "phone" else None


async def _until_either_ends(websocket: WebSocket, phone: Phone) -> None:
    sending = asyncio.create_task(_send_hints(websocket, phone))
    listening = asyncio.create_task(_swallow(websocket))
    try:
        await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, listening):
            task.cancel()
        results = await asyncio.gather(sending, listening, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result


async def _send_hints(websocket: WebSocket, phone: Phone) -> None:
    while True:
        hint = await phone.next_hint()
        await websocket.send_json(hint)
        if "standing" in hint:
            await websocket.close(ENDED)
            return
        await asyncio.sleep(HINT_PAUSE_S)


async def _swallow(websocket: WebSocket) -> None:
    """Read on, so that a closed connection is noticed; what phones say here means nothing."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return

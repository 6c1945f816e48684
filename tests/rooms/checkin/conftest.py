"""An event on sale, and the application behind a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.applications import Starlette
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.events.models import Event
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket


@dataclass
class Sold:
    """An event with tickets, and the texts of their codes."""

    event: Event
    tickets: list[Ticket]
    tokens: list[str]


@pytest.fixture
async def sold(services: Services) -> Sold:
    """An event with one list and three tickets."""
    async with services.db.write() as session:
        event = await make_event(session, services, lists=("Main door", "Cloakroom"))
        tickets = await make_tickets(session, services, event, count=3)
        tokens = await make_tokens(session, services, event, tickets)
    return Sold(event, tickets, tokens)


class Announcing(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        self.listening.set()


@pytest.fixture
async def address(app: Starlette) -> AsyncIterator[str]:
    """The host and port of the application on a real socket, in this event loop."""
    server = Announcing(
        uvicorn.Config(
            app, port=0, lifespan="off", log_level="error", ws="websockets-sansio", loop="asyncio"
        )
    )
    task = asyncio.create_task(server.serve())
    await server.listening.wait()
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"{host}:{port}"
    server.should_exit = True
    await task

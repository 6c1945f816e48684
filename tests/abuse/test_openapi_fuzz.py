"""Whatever the OpenAPI document allows, and what it forbids, sent to a served application."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.abuse.world import World, build_world
from tests.contract.long_counts import long_count
from tests.factories.payments import selling_settings
from tests.fixtures.services import PUBLIC_URL
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.checkin.conftest import Announcing

from handstamp.app import create_app, routes
from handstamp.kit.clock import system_clock
from handstamp.plumbing.api import openapi_document
from handstamp.plumbing.web import build_services

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass
class Served:
    """The application on a socket, in a thread with a loop of its own."""

    database: Path
    examples: int
    double: StripeDouble
    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    callers: dict[str, dict[str, str]] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Serve until `done`."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        services = build_services(
            selling_settings(
                f"sqlite+aiosqlite:///{self.database}", self.double, enable_preorders=True
            ),
            system_clock,
        )
        app = create_app(services.settings, system_clock, services=services)
        await services.signals.start()
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
                self._remember(await build_world(client, services))
            server = Announcing(
                uvicorn.Config(app, port=0, lifespan="off", log_level="critical", loop="asyncio")
            )
            serving = asyncio.create_task(server.serve())
            await server.listening.wait()
            host, port = server.servers[0].sockets[0].getsockname()[:2]
            self.address = f"http://{host}:{port}"
            self.ready.set()
            await asyncio.to_thread(self.done.wait)
            server.should_exit = True
            await serving
        await services.signals.stop()
        await services.db.close()

    def _remember(self, world: World) -> None:
        self.ids = world.ours.ids
        self.callers = {name: world.callers[name] for name in ("organizer", "device")}


@pytest.fixture(scope="module")
def served(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    stripe_double_process: StripeDouble,
) -> Iterator[Served]:
    """The application on a socket, selling through the double, with an organizer and a device."""
    database = tmp_path_factory.mktemp("served") / "handstamp.db"
    shutil.copyfile(sqlite_template, database)
    examples = long_count(8, 400, "OpenAPI examples per operation")
    one = Served(database, examples, stripe_double_process)
    thread = threading.Thread(target=one.run)
    thread.start()
    assert one.ready.wait(60)
    yield one
    one.done.set()
    thread.join()


DOCUMENT = openapi_document(routes())
OPERATIONS = sorted(
    (path, method)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if "/sign-out" not in path  # would end the session that asks
)


def test_the_document_holds_the_api() -> None:
    assert len(OPERATIONS) > 40
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize("caller", ["organizer", "device"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_keeps_to_its_document(
    served: Served, path: str, method: str, caller: str
) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    operation = schema[path][method.upper()]
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    forbidden = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=served.examples if caller == "organizer" else served.examples // 4,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=allowed | forbidden, real=st.booleans())
    def ask(case: Any, real: bool) -> None:
        for name in case.path_parameters:
            if real and name in served.ids:
                case.path_parameters[name] = served.ids[name]
        headers = served.callers[caller]
        answer = case.call(base_url=served.address, headers=headers)
        case.validate_response(answer, checks=CHECKS, headers=headers)

    ask()

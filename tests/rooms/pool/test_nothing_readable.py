"""After everything that can be done to a credential, no copy of the database or log has it."""

import asyncio
import base64
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from sqlalchemy.engine import make_url
from tests.factories.auth import make_person
from tests.factories.pool import CODED, pool_csv, ticket_rows
from tests.factories.pool_members import Served, make_offer_of_pool, make_served
from tests.fixtures import postgres
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.credentials import read_credential
from handstamp.pool.rotate_key import rotate_key

pytestmark = pytest.mark.anyio

UPLOAD = "/api/tickets/admin/tickets/upload"
MISPLACED = "swapped-with-the-variant"


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    """Settings of a server that takes pre-orders and sends mail."""
    return make_settings(
        database_url, enable_checkout=True, enable_preorders=True, mail_url=smtp_server.url
    )


async def copy_of(services: Services) -> bytes:
    """Return a whole copy of the database: SQLite's files, or what pg_dump writes."""
    url = make_url(services.settings.database_url)
    if services.db.is_sqlite:
        path = Path(str(url.database))
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    program = [str(postgres.programs() / "pg_dump"), "--inserts", "--no-password"]
    address = ["-h", str(url.host), "-p", str(url.port), "-U", str(url.username)]
    dumped = await asyncio.to_thread(
        subprocess.run, [*program, *address, str(url.database)], check=True, capture_output=True
    )
    return dumped.stdout


def forms_of(secret: str) -> list[bytes]:
    """Return how a text would look in a copy: plain, in hexadecimal, and inside base64."""
    plain = secret.encode()
    inside = [base64.b64encode(b"x" * skip + plain)[4:-4] for skip in range(3)]
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), *inside]


async def do_everything(client: httpx2.AsyncClient, services: Services) -> Sequence[Served]:
    """Look, fail, commit, assign, hand over, mail, read, rotate; with keys for kept answers."""
    offer = await make_offer_of_pool(services)
    root = await make_person(services, "root@example.org", is_admin=True)
    title, query = offer.event.title, {"organizer_id": offer.event.organizer_id}
    rows = ticket_rows(title, 3, coded=True)
    swapped = [title, MISPLACED, "x@example.org", "secret-000009", "CODE-000009"]
    shifted = [title, "General", MISPLACED, "x@example.org", "CODE-000008"]
    for content in (
        pool_csv(rows, CODED), pool_csv([*rows, swapped], CODED), pool_csv([shifted, *rows], CODED)
    ):  # fmt: skip
        for commit in ("false", "true"):
            sent: dict[str, Any] = {"params": {**query, "commit": commit}, "content": content}
            key = {"Idempotency-Key": f"{commit}-{len(content)}"}
            await client.post(UPLOAD, headers={**root.headers, **key}, **sent)
    served = await make_served(services, 3, offer=offer)
    await run_jobs(services)
    async with services.db.write() as session:
        for one in served:
            await read_credential(session, services, SYSTEM, one.ticket.id, reason="test")
        await rotate_key(session, services, SYSTEM)
    await run_jobs(services)
    return served


async def test_no_copy_of_the_database_and_no_log_has_a_password_or_a_code(
    client: httpx2.AsyncClient, services: Services, smtp_server: SmtpServer
) -> None:
    with structlog.testing.capture_logs() as logged:
        served = await do_everything(client, services)
    assert len(served) == 3
    mailed = b"".join(bytes(message) for message in smtp_server.messages)
    assert b"secret-00000" in mailed, "the mails did not bring what is looked for"
    copy = await copy_of(services)
    assert b"pool0@example.org" in copy, "the copy is not one of this database"
    said = repr(logged).encode()
    for number in (0, 1, 2, 8, 9):
        for secret in (f"secret-{number:06}", f"CODE-{number:06}"):
            found = [form for form in forms_of(secret) if form in copy or form in said]
            assert found == [], secret
    assert MISPLACED.encode() not in copy + said

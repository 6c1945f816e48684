"""`handstamp pool rotate-key`, in a process of its own, and what the worker makes of it."""

import asyncio
import os
import subprocess
import sys

from sqlalchemy import select
from tests.factories.events import make_event
from tests.factories.pool import ticket_rows, upload_rows
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import SECRET, make_settings

from handstamp.audit.models import AuditEntry
from handstamp.plumbing.web import Services, build_services
from handstamp.pool.models import CredentialKey, PoolTicket

_COMMAND = """
import sys
from handstamp.cli import main
sys.argv = ["handstamp", "pool", "rotate-key"]
main()
"""


async def _with_services(url: str, *, work: bool) -> tuple[list[int], list[int], list[str]]:
    """Upload tickets, or run what waits; return the keys, those in use, and what was audited."""
    services = build_services(make_settings(url))
    try:
        await (run_jobs(services) if work else _upload(services))
        async with services.db.read() as session:
            keys = list(await session.scalars(select(CredentialKey.id)))
            used = list(await session.scalars(select(PoolTicket.key_id).distinct()))
            acts = select(AuditEntry.action).where(AuditEntry.target_type == "credential_key")
            return keys, used, list(await session.scalars(acts))
    finally:
        await services.db.close()


async def _upload(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, title="Gala")
    await upload_rows(services, event, ticket_rows("Gala", 3))


def test_the_command_makes_a_key_and_the_worker_seals_with_it(database_url: str) -> None:
    (old,), _used, _acts = asyncio.run(_with_services(database_url, work=False))
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND],
        env={**os.environ, "HANDSTAMP_DATABASE_URL": database_url, "HANDSTAMP_SECRET": SECRET},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "seals from now on; the worker seals 3 credentials anew" in done.stdout
    keys, used, acts = asyncio.run(_with_services(database_url, work=True))
    assert keys == used
    assert min(keys) > old
    assert acts == ["credential_key.rotate"]

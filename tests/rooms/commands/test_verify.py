"""Verifying from the command line: logs anywhere, feed and audit log on their server."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.factories.logs import LogMaker
from tests.rooms.commands.test_commands import environment, event, handstamp, with_services
from typer.testing import CliRunner

from handstamp.audit.chain_entries import chain_piece
from handstamp.audit.models import AuditEntry
from handstamp.checkin.batcher import batcher
from handstamp.checkin.desk_device import desk_of
from handstamp.checkin.mark_used import MarkAll
from handstamp.checkin.models import Fact
from handstamp.cli import build
from handstamp.commands.find_by_name import event_named
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

__all__ = ["environment", "event"]
LOG = LogMaker().add(5)
KEY = base64.b64encode(LOG.server_key).decode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log file that holds."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(LOG.file()))
    return path


def test_a_log_that_holds_says_whose_it_is(log: Path, tmp_path: Path) -> None:
    told = handstamp("verify-log", str(log), "--key", KEY).stdout
    assert "holds" in told
    assert "Door 1 · North" in told
    assert "5, numbered 1 to 5" in told
    assert "--key" not in told
    kept = tmp_path / "key"
    kept.write_text(KEY + "\n")
    assert handstamp("verify-log", str(log), "--key", str(kept)).stdout == told


def test_without_a_key_it_says_that_none_was_compared(log: Path) -> None:
    assert "With --key it is compared" in handstamp("verify-log", str(log)).stdout


def test_the_first_bad_line_is_named(log: Path, tmp_path: Path) -> None:
    lines = LOG.file()
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    told = handstamp("verify-log", str(log), str(bad), "--key", KEY, code=1).stdout
    assert f"{bad}: BAD at line 4. Entry 4 stands where entry 3 should." in told
    other = LogMaker(server=bytes(range(1, 33))).add(1)
    bad.write_bytes(b"".join(other.file()))
    assert "BAD at line 1" in handstamp("verify-log", str(bad), "--key", KEY, code=1).stdout


def test_a_log_is_read_from_standard_input_without_any_database(log: Path) -> None:
    """In a process of its own, with no settings at all."""
    call = "import sys; from handstamp.cli import main; sys.argv[0] = 'handstamp'; main()"
    for data, code in ((log.read_bytes(), 0), (log.read_bytes()[:-9], 1)):
        done = subprocess.run(
            [sys.executable, "-c", call, "verify-log", "-"],
            input=data,
            capture_output=True,
            env={},
            check=False,
        )
        assert done.returncode == code, done.stderr


def test_what_cannot_be_read_ends_with_two(tmp_path: Path, log: Path) -> None:
    handstamp("verify-log", str(tmp_path / "nothing"), code=2)
    handstamp("verify-log", str(tmp_path), code=2)
    for key in ("nonsense", "AAAA", str(log)):
        handstamp("verify-log", str(log), "--key", key, code=2)
    for command in (["verify-audit"], ["verify-feed", "lanterns"]):
        handstamp(*command, "--noted", "nonsense", code=2)


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(LogMaker(name="\x1b[2JDoor").add(1).file()))
    assert "\x1b" not in handstamp("verify-log", str(path)).stdout


def test_the_logs_of_an_event_are_exported_and_verify(
    event: str, environment: str, tmp_path: Path
) -> None:
    handstamp("tickets", "issue", event, "--tier", "VIP", "--count", "3")
    assert "no device" in handstamp("export-logs", event, "--folder", str(tmp_path)).stdout
    with_services(environment, lambda services: admit_all(services, event))
    handstamp("export-logs", event, "--folder", str(tmp_path))
    (path,) = tmp_path.glob("handstamp-log-*.jsonl")
    key = handstamp("keys", "show").stdout.split()[0]
    assert "3, numbered 1 to 3" in handstamp("verify-log", str(path), "--key", key).stdout
    assert (
        "exist"
        in CliRunner()
        .invoke(build(["export-logs"]), ["export-logs", event, "--folder", str(tmp_path)])
        .output.lower()
    )
    handstamp("export-logs", event, "--folder", str(tmp_path), "--force")
    handstamp("export-logs", event, "--device", "0" * 12, code=1)
    assert "server made itself" in handstamp("hand-in-log", str(path), code=1).stderr


async def admit_all(services: Services, slug: str) -> None:
    """Mark every ticket as used by hand at the desk, and chain the audit log."""
    async with services.db.read() as session:
        found = await event_named(session, slug)
        serials = tuple(await session.scalars(select(Ticket.serial)))
    desk = await desk_of(services, found.id)
    await batcher(services).submit(found.id, MarkAll(desk, serials))
    await chain_piece(services)


def test_feed_and_audit_log_are_verified_and_what_was_noted_is_compared(
    event: str, environment: str
) -> None:
    handstamp("tickets", "issue", event, "--tier", "VIP", "--count", "3")
    with_services(environment, lambda services: admit_all(services, event))
    for command in (["verify-feed", event], ["verify-audit"]):
        told = handstamp(*command).stdout
        assert "holds" in told
        noted = re.search(r"\d+:\S+$", told.strip())
        assert noted is not None
        handstamp(*command, "--noted", noted[0])
        number, _, end = noted[0].partition(":")
        handstamp(*command, "--noted", f"{int(number) + 1}:{end}", code=1)

    async def change(services: Services) -> None:
        async with services.db.write() as session:
            await session.execute(update(Fact).values(bytes=b"\1"))
            await session.execute(update(AuditEntry).values(action="nothing"))

    with_services(environment, change)
    assert "BAD at number" in handstamp("verify-feed", event, code=1).stdout
    assert "BAD at entry 1." in handstamp("verify-audit", code=1).stdout

"""A person's rights at the command line."""

import asyncio
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.fixtures.services import SECRET, make_settings
from typer.testing import CliRunner, Result

from handstamp.auth.models import User
from handstamp.cli import build
from handstamp.plumbing.web import build_services

ZELDA = "zelda@example.org"


@pytest.fixture
def people(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation with one person and one administrator; its database's address."""
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("HANDSTAMP_ERASURE_JOURNAL", str(tmp_path / "journal"))

    async def fill() -> None:
        services = build_services(make_settings(database_url))
        await make_person(services, ZELDA)
        await make_person(services, "root@example.org", is_admin=True)
        await services.db.close()

    asyncio.run(fill())
    return database_url


def handstamp(*arguments: str, code: int = 0, typed: str | None = None) -> Result:
    done = CliRunner().invoke(build(arguments), [*arguments], input=typed)
    assert done.exit_code == code, done.output
    return done


def emails(url: str) -> set[str]:
    async def read() -> set[str]:
        services = build_services(make_settings(url))
        async with services.db.read() as session:
            found = {*await session.scalars(select(User.email))}
        await services.db.close()
        return found

    return asyncio.run(read())


def test_a_person_is_erased_after_being_asked_about(people: str, tmp_path: Path) -> None:
    handstamp("erase", ZELDA, code=1, typed="n\n")
    assert ZELDA in emails(people)
    assert "erased: 0 orders" in handstamp("erase", ZELDA, typed="y\n").output
    assert ZELDA not in emails(people)
    assert (tmp_path / "journal").read_text().count("\n") == 2
    handstamp("erase", ZELDA, "--yes")


def test_why_somebody_must_stay_is_said(people: str) -> None:
    said = handstamp("erase", "root@example.org", "--yes", code=1).output
    assert "Nothing was erased." in said
    assert "only administrator" in said


def test_a_journal_that_cannot_be_written_is_said(
    people: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HANDSTAMP_ERASURE_JOURNAL", str(tmp_path / "file" / "journal"))
    assert "could not be written" in handstamp("erase", ZELDA, "--yes").output
    assert ZELDA not in emails(people)


@pytest.mark.parametrize("ending", [".json", ".zip"])
def test_a_persons_data_is_written_into_a_file(people: str, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"zelda{ending}"
    handstamp("export-person", ZELDA, str(target))
    assert target.stat().st_mode & 0o077 == 0
    if ending == ".json":
        account = json.loads(target.read_text())["account"]
    else:
        with zipfile.ZipFile(target) as files:
            account = json.loads(files.read("account.json"))
    assert account["account"]["email"] == ZELDA
    assert "there already" in handstamp("export-person", ZELDA, str(target), code=1).output


def test_another_ending_is_refused(people: str, tmp_path: Path) -> None:
    said = handstamp("export-person", ZELDA, str(tmp_path / "zelda.txt"), code=1).output
    assert ".zip or .json" in said

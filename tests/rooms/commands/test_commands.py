"""The command line against a real database: what it does, and how it says that it cannot."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_club_sale
from tests.factories.events import make_event
from tests.factories.preorders import make_preorder
from tests.fixtures.services import SECRET, make_settings
from typer.testing import CliRunner, Result

from handstamp.auth.models import LoginCode, User
from handstamp.cli import COMMANDS, GROUPS, build
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.preorders.approve_preorders import approve_up_to_stock
from handstamp.preorders.models import PreOrder
from handstamp.tickets.models import SigningKey, Ticket

Run = Callable[..., Result]


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings of a running installation, in the environment."""
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("HANDSTAMP_PUBLIC_URL", "https://tickets.example.org")
    return database_url


def handstamp(*arguments: str, code: int = 0, typed: str | None = None) -> Result:
    """Run a command in this process; fails when it ends with another exit code."""
    done = CliRunner().invoke(build(arguments), [*arguments], input=typed)
    assert done.exit_code == code, done.output
    return done


def with_services(url: str, work: Callable[[Services], Awaitable[Any]]) -> Any:
    """Do something with the services of the same database."""

    async def main() -> Any:
        services = build_services(make_settings(url))
        try:
            return await work(services)
        finally:
            await services.db.close()

    return asyncio.run(main())


@pytest.fixture
def event(environment: str) -> str:
    """An event with two tiers; its address."""

    async def make(services: Services) -> str:
        async with services.db.write() as session:
            made = await make_event(session, services, tiers=("General", "VIP"), slug="lanterns")
        return str(made.slug)

    return str(with_services(environment, make))


def tickets(url: str) -> list[Ticket]:
    """Return every ticket in the order of issue."""

    async def read(services: Services) -> list[Ticket]:
        async with services.db.read() as session:
            found = await session.execute(select(Ticket).order_by(Ticket.id))
            return list(found.scalars())

    found: list[Ticket] = with_services(url, read)
    return found


def test_every_command_explains_itself() -> None:
    for name in COMMANDS:
        assert "Usage" in handstamp(name, "--help").output
    for group, (_about, commands) in GROUPS.items():
        for name in commands:
            assert "Usage" in handstamp(group, name, "--help").output


def test_help_lists_every_command() -> None:
    said = handstamp("--help").output
    assert [name for name in [*COMMANDS, *GROUPS] if name not in said] == []


def test_a_command_loads_only_what_it_needs(event: str) -> None:
    """In a process of its own, where nothing else has loaded the tables it refers to."""
    lines = (
        "import sys; from handstamp.cli import main",
        f"sys.argv = ['handstamp', 'tickets', 'issue', {event!r}, '--tier', 'VIP']",
        "try: main()",
        "except SystemExit as end: print(end.code, 'handstamp.app' in sys.modules)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["0 False"], done.stderr


def test_one_ticket_is_issued_with_its_code(event: str, environment: str) -> None:
    done = handstamp("tickets", "issue", event, "--tier", "vip", "--name", "Żaneta")
    (ticket,) = tickets(environment)
    printed_id, code = done.stdout.split()
    assert (ticket.printed_id, ticket.holder_name, ticket.tier_no) == (printed_id, "Żaneta", 2)
    assert code.startswith("HS")
    assert len(code) == 122


def test_many_tickets_are_issued_in_batches(event: str, environment: str) -> None:
    done = handstamp("tickets", "issue", event, "--tier", "1", "--count", "1201")
    assert len({*done.stdout.split()}) == len(tickets(environment)) == 1201


def test_revoking_and_restoring(event: str, environment: str) -> None:
    handstamp("tickets", "issue", event, "--tier", "General", "--count", "2")
    first, second = (ticket.printed_id for ticket in tickets(environment))
    done = handstamp("tickets", "revoke", first, second.lower(), "--as", "refunded")
    assert done.stdout.splitlines() == [f"{first} refunded", f"{second} refunded"]
    assert {ticket.status for ticket in tickets(environment)} == {"refunded"}
    assert all(ticket.feed_seq is None for ticket in tickets(environment))
    handstamp("tickets", "revoke", first, "--as", "lost", code=2)
    assert {ticket.status for ticket in tickets(environment)} == {"refunded"}


def test_reissuing_raises_the_epoch(event: str, environment: str) -> None:
    handstamp("tickets", "issue", event, "--tier", "General")
    (ticket,) = tickets(environment)
    done = handstamp("tickets", "reissue", ticket.printed_id)
    assert done.stdout == f"{ticket.printed_id} epoch 2\n"
    (again,) = tickets(environment)
    assert again.epoch == 2
    assert again.token_digest != ticket.token_digest


def test_what_is_not_there_is_said_with_what_is(event: str) -> None:
    assert (
        "There are: lanterns"
        in handstamp("tickets", "issue", "lantern", "--tier", "VIP", code=1).stderr
    )
    assert "General, VIP" in handstamp("tickets", "issue", event, "--tier", "Gold", code=1).stderr
    assert "no ticket PL-1" in handstamp("tickets", "revoke", "PL-1", code=1).stderr


def test_keys_rotate_to_the_reserve(event: str, environment: str) -> None:
    handstamp("tickets", "issue", event, "--tier", "General")
    done = handstamp("keys", "rotate")
    assert "signs now" in done.stdout
    assert "in reserve" in done.stdout

    async def read(services: Services) -> int:
        async with services.db.read() as session:
            return len((await session.execute(select(SigningKey))).scalars().all())

    assert with_services(environment, read) == 3
    assert "waits for its day" in handstamp("keys", "rotate", code=1).stderr


def test_a_compromised_key_is_named(event: str) -> None:
    handstamp("tickets", "issue", event, "--tier", "General")
    assert "compromised" in handstamp("keys", "rotate", "--compromised", "0").stdout
    assert "no ticket key" in handstamp("keys", "rotate", "--compromised", "30", code=1).stderr


def test_an_administrator_gets_a_link_and_no_code(environment: str) -> None:
    done = handstamp("admin", "create", "Ada@Example.org", "--name", "Ada")
    link = done.stdout.splitlines()[-1]
    assert link.startswith("https://tickets.example.org/tickets/sign-in/link?token=")

    async def read(services: Services) -> tuple[bool, str, str]:
        async with services.db.read() as session:
            user = (await session.execute(select(User))).scalar_one()
            login = (await session.execute(select(LoginCode))).scalar_one()
            return user.is_admin, user.email, login.code_hash

    assert with_services(environment, read) == (True, "ada@example.org", "")
    assert "e-mail address" in handstamp("admin", "create", "nobody", code=1).stderr


GUESTS = (
    "Attendee name,Attendee e-mail,Ticket type,Order code\n"
    "Ana,ana@example.org,General,O1\nBo,bo@example.org,VIP,O2\n"
)


def test_a_guest_list_is_shown_then_taken_over_once(
    event: str, environment: str, tmp_path: Path
) -> None:
    file = tmp_path / "guests.csv"
    file.write_text(GUESTS)
    refused = handstamp("import-guests", str(file), "--event", event, typed="n\n", code=1)
    assert "nothing was imported" in refused.stderr
    assert tickets(environment) == []
    done = handstamp("import-guests", str(file), "--event", event, typed="y\n")
    assert "2 tickets issued" in done.stdout
    assert [ticket.holder_name for ticket in tickets(environment)] == ["Ana", "Bo"]
    again = handstamp("import-guests", str(file), "--event", event, "--yes")
    assert "0 tickets issued, 2 known already" in again.stdout
    assert len(tickets(environment)) == 2


def test_a_bad_row_stops_the_whole_list_and_is_named_by_line(
    event: str, environment: str, tmp_path: Path
) -> None:
    file = tmp_path / "guests.csv"
    file.write_text(GUESTS + "Cy,not an address,VIP,O3\n")
    done = handstamp("import-guests", str(file), "--event", event, "--yes", code=1)
    assert "line 4:" in done.stderr
    assert tickets(environment) == []
    handstamp("import-guests", str(file), "--event", event, "--yes", "--leave-out-bad")
    assert len(tickets(environment)) == 2


def test_columns_may_be_named_by_hand(event: str, environment: str, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("a;b;c\nAna;x;ana@example.org\n")
    handstamp(
        "import-guests", str(file), "--event", event, "--tier", "VIP", "--yes",
        "--column", "name=1", "--column", "email=3",
    )  # fmt: skip
    (ticket,) = tickets(environment)
    assert (ticket.holder_name, ticket.holder_email) == ("Ana", "ana@example.org")
    for wrong in ("name", "name=0", "colour=1", "name=x"):
        handstamp("import-guests", str(file), "--event", event, "--column", wrong, code=2)


def test_a_file_that_is_not_there(event: str) -> None:
    done = handstamp("import-guests", "nowhere.csv", "--event", event, code=2)
    assert "cannot be read" in done.stderr


def test_the_guest_list_goes_out_as_csv_and_as_a_workbook(
    event: str, environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handstamp("tickets", "issue", event, "--tier", "VIP", "--name", "=1+1", "--count", "2")
    monkeypatch.chdir(tmp_path)
    done = handstamp("export-guests", event, "--columns", "name,tier")
    assert done.stdout.startswith("lanterns-guests.csv: ")
    rows = (tmp_path / "lanterns-guests.csv").read_text("utf-8-sig").splitlines()
    assert rows == ["Name,Ticket type", "'=1+1,VIP", "'=1+1,VIP"]
    assert "exists" in handstamp("export-guests", event, code=1).stderr
    handstamp("export-guests", event, "--force")
    handstamp("export-guests", event, "-o", "list.xlsx")
    assert (tmp_path / "list.xlsx").read_bytes().startswith(b"PK")
    handstamp("export-guests", event, "-o", "list.pdf", code=2)
    assert "There are:" in handstamp("export-guests", event, "--columns", "x", code=1).stderr


def test_the_api_describes_itself_without_a_server() -> None:
    described = json.loads(handstamp("openapi").stdout)
    assert "/api/tickets/validate" in described["paths"]


def test_migrating_an_empty_database_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/new/a.db")
    assert "Run: handstamp migrate" in handstamp("keys", "rotate", code=3).stderr
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.db").touch()
    assert "Run: handstamp migrate" in handstamp("keys", "rotate", code=3).stderr
    handstamp("migrate")
    handstamp("migrate")
    assert "signs now" in handstamp("keys", "rotate").stdout


def test_settings_that_cannot_be_used_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDSTAMP_SECRET", raising=False)
    assert "HANDSTAMP_SECRET" in handstamp("keys", "rotate", code=2).stderr
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("ENABLE_TICKETING", "perhaps")
    assert "ENABLE_TICKETING" in handstamp("keys", "rotate", code=2).stderr


def test_a_database_out_of_reach_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSTAMP_SECRET", SECRET)
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert "the database cannot be used" in handstamp("keys", "rotate", code=3).stderr
    monkeypatch.setenv("HANDSTAMP_DATABASE_URL", "nonsense")
    handstamp("keys", "rotate", code=2)


def test_several_processes_and_a_worker_beside_need_postgresql(
    environment: str,
) -> None:
    if environment.startswith("sqlite"):
        assert "PostgreSQL" in handstamp("serve", "--processes", "2", code=2).stderr
        assert "inside" in handstamp("worker", code=2).stderr


def test_a_draw_is_checked_from_the_command_line(environment: str) -> None:
    async def hold_a_draw(services: Services) -> tuple[str, list[str]]:
        services.clock = clock = FakeClock()
        _club, offer, _tiers = await make_club_sale(
            services, prices={"General": 1_500}, capacity=1, offer={"allocation": "draw"}
        )
        ids = [(await make_preorder(services, offer))[1].id for _member in range(3)]
        clock.now = offer.window.closes + DAY
        async with services.db.write() as session:
            await approve_up_to_stock(session, services, SYSTEM, offer.club.id, offer.event.id)
        return str(offer.event.slug), ids

    slug, ids = with_services(environment, hold_a_draw)
    said = handstamp("preorders", "verify-draw", slug).output
    assert all(one in said for one in ids)
    assert "the one that was promised" in said
    handstamp("preorders", "verify-draw", slug, "--club", "No such club", code=1)

    async def move_somebody(services: Services) -> None:
        async with services.db.write() as session:
            swapped = update(PreOrder).where(PreOrder.id == ids[0]).values(draw_rank=9)
            await session.execute(swapped)

    with_services(environment, move_somebody)
    assert "WRONG PLACE" in handstamp("preorders", "verify-draw", slug, code=1).output

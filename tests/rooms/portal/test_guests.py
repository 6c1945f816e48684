"""The guest list on pages: found, changed with a way back, printed, imported, exported."""

import io

import pytest
from python_calamine import CalamineWorkbook
from tests.factories.checkin import pair_phone
from tests.rooms.portal.conftest import Desk, Show

from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


async def status_of(services: Services, ticket: Ticket) -> tuple[str, int]:
    async with services.db.read() as session:
        found = await session.get_one(Ticket, ticket.id)
        return found.status, found.epoch


async def test_guests_are_found_by_name_mail_order_and_ticket_id(desk: Desk, show: Show) -> None:
    wanted = show.tickets[2]
    for words in (
        wanted.holder_name[:4],
        wanted.holder_email,
        wanted.printed_id.lower(),
        wanted.order_ref,
    ):
        await desk.get(f"{show.base}/guests?q={words}")
        assert wanted.printed_id in desk.text
    await desk.get(f"{show.base}/guests?q=nobody+like+this")
    assert "Nobody found" in desk.text


async def test_guests_are_filtered_by_having_been_admitted(
    desk: Desk, show: Show, services: Services
) -> None:
    phone = await pair_phone(desk.http, services, show.event)
    assert phone.scan(show.tokens[0]).admit
    await phone.sync()
    came, waiting = show.tickets[0].printed_id, show.tickets[1].printed_id
    await desk.get(f"{show.base}/guests?in=yes")
    assert came in desk.text
    assert waiting not in desk.text
    await desk.get(f"{show.base}/guests?in=no")
    assert came not in desk.text
    assert waiting in desk.text


@pytest.mark.parametrize(
    ("act", "status"), [("refund", "refunded"), ("cancel", "cancelled"), ("dispute", "disputed")]
)
async def test_ending_a_ticket_can_be_undone(
    desk: Desk, show: Show, services: Services, act: str, status: str
) -> None:
    page = f"{show.base}/guests/{show.tickets[0].id}"
    await desk.post(f"{page}/{act}", {}, on=page)
    assert await status_of(services, show.tickets[0]) == (status, 1)
    assert f'action="{page}/restore"' in desk.html
    assert "Undo" in desk.text
    await desk.post(f"{page}/restore", {})
    assert await status_of(services, show.tickets[0]) == ("valid", 1)


async def test_a_ticket_issued_again_shows_its_new_code_and_who_did_it(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/guests/{show.tickets[0].id}"
    before = (await desk.get(page)).html.split("<svg")[-1]
    await desk.post(f"{page}/reissue", {})
    assert await status_of(services, show.tickets[0]) == ("valid", 2)
    assert "Ticket issued again" in desk.text
    assert desk.html.split("<svg")[-1] != before or "older codes are superseded" in desk.text


async def test_an_act_that_does_not_exist_is_not_found(desk: Desk, show: Show) -> None:
    page = f"{show.base}/guests/{show.tickets[0].id}"
    assert (await desk.post(f"{page}/destroy", {}, on=page)).status == 404


async def test_the_sheet_holds_a_white_card_for_every_valid_ticket(desk: Desk, show: Show) -> None:
    await desk.get(f"{show.base}/sheet")
    assert desk.html.count('class="ticket-card"') == len(show.tickets)
    assert "6 codes in this part" in desk.text
    for ticket in show.tickets:
        assert ticket.printed_id in desk.text
    assert 'viewBox="0 0 45 45"' in desk.html  # 37 modules and a quiet zone of 4 on each side


async def test_a_file_is_looked_at_corrected_and_taken_over(desk: Desk, show: Show) -> None:
    page = f"{show.base}/import"
    lines = [
        "Name,Email,Ticket type",
        "Ada,ada@example.org,General",
        "Bob,not a mail,General",
        "Cyd,c@example.org,Backstage",
    ]
    files = {"file": ("guests.csv", "\n".join(lines).encode(), "text/csv")}
    await desk.post(page, {}, on=page, files=files)
    look = desk.path
    assert "“not a mail” is not an e-mail address" in desk.text
    assert "there is no tier called “Backstage”" in desk.text
    assert "Nothing is imported while rows are bad." in desk.text
    columns = {"column-name": "0", "column-email": "1", "column-tier": "2"}
    await desk.post(look, {**columns, "create_tiers": "y", "leave_out_bad": "y"})
    assert "Import 2 tickets" in desk.text
    await desk.post(f"{look}/commit", {})
    assert "2 tickets were issued." in desk.text
    assert "New tiers: Backstage." in desk.text
    await desk.get(f"{show.base}/guests?q=cyd")
    assert "c@example.org" in desk.text
    await desk.get(look)
    assert "imported already" in desk.text


async def test_nothing_is_imported_while_rows_are_bad(desk: Desk, show: Show) -> None:
    page = f"{show.base}/import"
    files = {"file": ("g.csv", b"Name,Email\nAda,broken\n", "text/csv")}
    await desk.post(page, {}, on=page, files=files)
    await desk.post(f"{desk.path}/commit", {})
    assert "so nothing was" in desk.text
    await desk.get(f"{show.base}/guests?q=broken")
    assert "Nobody found" in desk.text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "There is nothing in this file."),
        ("a.pdf", b"%PDF-1.7 ...", "This file is no list."),
        ("a.xlsx", b"PK\x03\x04 broken", ""),
        ("", b"", "Choose a file first."),
    ],
)
async def test_what_is_no_list_is_refused_in_plain_words(
    desk: Desk, show: Show, name: str, content: bytes, said: str
) -> None:
    page = f"{show.base}/import"
    files = {"file": (name, content, "text/csv")} if name else {}
    await desk.post(page, {}, on=page, files=files)
    assert desk.status == 422
    assert said in desk.text


async def test_the_guest_list_is_exported_with_the_columns_chosen(desk: Desk, show: Show) -> None:
    page = f"{show.base}/exports"
    await desk.post(f"{page}/guests", {"column": ["name", "email"], "format": "csv"}, on=page)
    assert desk.headers["content-disposition"].endswith('-guests.csv"')
    rows = desk.html.lstrip("\ufeff").splitlines()
    assert rows[0] == "Name,Email"
    assert len(rows) == 1 + len(show.tickets)


async def test_the_scan_log_is_exported_as_a_workbook(
    desk: Desk, show: Show, services: Services
) -> None:
    phone = await pair_phone(desk.http, services, show.event, gate="=North")
    phone.scan(show.tokens[0])
    phone.scan(show.tokens[0])
    await phone.sync()
    await desk.get(f"{show.base}/exports")
    assert desk.person
    token = desk.html.split('name="csrf_token" value="')[1].split('"')[0]
    answer = await desk.http.post(
        f"{show.base}/exports/scans",
        data={"csrf_token": token, "column": ["shown", "ticket"], "format": "xlsx"},
        headers=desk.person.headers,
    )
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert sheet.to_python() == [
        ["Shown", "Ticket code"],
        ["Valid", show.tickets[0].printed_id],
        ["Already used", show.tickets[0].printed_id],
    ]

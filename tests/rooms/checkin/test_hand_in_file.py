"""A phone that cannot send saves its log as a file (R67), and the file is handed in."""

import httpx2
import pytest
from sqlalchemy import delete, func, select
from tests.factories.checkin import Phone, pair_phone
from tests.factories.logs import LogMaker
from tests.rooms.checkin.conftest import Sold

from handstamp.audit.models import AuditEntry
from handstamp.checkin import log_file
from handstamp.checkin.check_logs import check_stored_log
from handstamp.checkin.desk_device import desk_of
from handstamp.checkin.export_log import log_pieces
from handstamp.checkin.find_log_state import log_states
from handstamp.checkin.hand_in_file import hand_in_file
from handstamp.checkin.models import Admission, Device, Fact
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio


def saved(phone: Phone, event: Event) -> list[bytes]:
    """Return the lines of the file that a phone saves of its log."""
    maker = LogMaker(device=phone.device, private=phone.private, facts=phone.log)
    header = log_file.header_line(
        event=event.id,
        device=phone.device,
        certificate=phone.certificate,
        server_key=phone.server_key,
    )
    count = len(phone.log)
    facts = [maker.fact(number) for number in range(1, count + 1)]
    return maker.closed([header, *facts, maker.head(count)], by="device")


async def issues(services: Services, event: Event, phone: Phone) -> list[str]:
    """Return the kinds of what is odd about a phone's log."""
    async with services.db.read() as session:
        states = await log_states(session, event, services.clock())
    return [issue.kind for issue in states[phone.device].issues]


async def test_what_waited_on_a_phone_is_stored_once(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    await phone.sync()
    for text in sold.tokens:
        phone.scan(text)
    for _ in range(1_000):  # more than one piece
        phone.append(serial=sold.tickets[0].serial, kind=2)
    await phone.post({**phone.request([]), "status": {"pending": 1_003}})
    clock.advance(HOUR)
    assert await issues(services, sold.event, phone) == ["waiting"]
    file = saved(phone, sold.event)
    first = await hand_in_file(services, SYSTEM, file)
    again = await hand_in_file(services, SYSTEM, file)
    assert [(one.entries, one.new) for one in (first, again)] == [(1_004, 1_003), (1_004, 0)]
    assert await issues(services, sold.event, phone) == []
    assert (await check_stored_log(services, phone.device)).fault is None
    async with services.db.read() as session:
        admitted = await session.scalar(select(func.count()).select_from(Admission))
        noted = select(func.count()).where(AuditEntry.action == "device.hand_in")
        assert (admitted, await session.scalar(noted)) == (3, 2)


async def test_both_branches_of_a_fork_are_stored(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    twin = phone.clone()
    twin.skew = 7
    for text in sold.tokens[1:]:
        phone.scan(text)
        twin.scan(text)
    await phone.sync()
    await twin.post(twin.request([twin.log_from(1)]))
    pieces = [piece async for piece in log_pieces(services, phone.device)]
    file = b"".join(pieces).splitlines(keepends=True)
    async with services.db.write() as session:  # as after an old backup was restored
        await session.execute(delete(Fact))
        await session.execute(delete(Admission))
        for table in reversed(Device.metadata.sorted_tables):
            if table.name in ("tickets_fork_heads", "tickets_log_watches", "tickets_list_keys"):
                await session.execute(delete(table))
            if table.name in ("tickets_pairing_codes", "tickets_devices"):
                await session.execute(delete(table))
    done = await hand_in_file(services, SYSTEM, file)
    assert (done.entries, done.new) == (5, 5)
    assert await issues(services, sold.event, phone) == ["fork"]
    assert (await check_stored_log(services, phone.device)).fault is None


async def test_a_file_that_does_not_hold_or_is_none_of_a_phone_stores_nothing(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    file = saved(phone, sold.event)
    with pytest.raises(BadInput, match=r"Line 4: .*cut off"):
        await hand_in_file(services, SYSTEM, file[:-1])
    with pytest.raises(BadInput, match=r"Line 1: .*another server key"):
        await hand_in_file(services, SYSTEM, LogMaker().add(1).file())
    desk = await desk_of(services, sold.event.id)
    pieces = [piece async for piece in log_pieces(services, desk)]
    with pytest.raises(BadInput, match="the server made itself"):
        await hand_in_file(services, SYSTEM, b"".join(pieces).splitlines(keepends=True))
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Fact)) == 0

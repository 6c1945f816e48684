"""The journal and the table of erasures come to agree, whatever was lost between them."""

import pytest
from sqlalchemy import delete, select
from tests.factories.auth import make_person
from tests.factories.pool_members import make_offer_of_pool, make_paid
from tests.factories.preorders import stored
from tests.fixtures.jobs import run_jobs

from handstamp.auth.models import User
from handstamp.mail.addresses import is_erased
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.models import PreOrder
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.hash_email import email_hash
from handstamp.privacy.journal import BadJournal, add_to_journal, journal_path, read_journal
from handstamp.privacy.models import Erasure
from handstamp.privacy.repeat_erasures import JOB, repeat_erasures

pytestmark = pytest.mark.anyio
ZELDA = "zelda@example.org"


async def compare(services: Services) -> None:
    """Run the hourly job."""
    async with services.db.write() as session:
        await enqueue(session, JOB, {})
    await run_jobs(services)


async def emails(services: Services) -> set[str]:
    async with services.db.read() as session:
        return {*await session.scalars(select(User.email))}


async def go_back(services: Services, email: str) -> None:
    """Make the database as an older backup has it: the person is there, the erasure is not."""
    async with services.db.write() as session:
        await session.execute(delete(Erasure))
    await make_person(services, email)


async def test_who_is_back_by_an_old_backup_is_erased_within_the_hour(services: Services) -> None:
    await make_person(services, ZELDA)
    await erase_person(services, SYSTEM, ZELDA)
    await go_back(services, ZELDA)
    await compare(services)
    assert ZELDA not in await emails(services)
    async with services.db.read() as session:
        (noted,) = (await session.scalars(select(Erasure))).all()
    assert noted.erased_at == services.clock()


async def test_who_came_back_by_themselves_stays(services: Services) -> None:
    await make_person(services, ZELDA)
    await erase_person(services, SYSTEM, ZELDA)
    await make_person(services, ZELDA)
    await compare(services)
    assert ZELDA in await emails(services)


async def test_a_lost_journal_is_written_anew(services: Services) -> None:
    await erase_person(services, SYSTEM, ZELDA)
    path = journal_path(services.settings)
    before = read_journal(services.settings, path)
    path.unlink()
    await compare(services)
    assert read_journal(services.settings, path) == before


async def test_a_person_with_open_money_waits_and_goes_later(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    person, wish = await make_paid(services, offer)
    hashed = email_hash(services.settings, person.actor.email)
    done = await repeat_erasures(services, {hashed: services.clock()})
    assert (done.erased, [*done.waiting]) == (0, [hashed])
    assert not is_erased((await stored(services, wish)).email)
    async with services.db.write() as session:
        (await session.get_one(PreOrder, wish.id)).status = "refunded"
    done = await repeat_erasures(services, {hashed: services.clock()})
    assert (done.erased, done.waiting) == (1, {})
    assert is_erased((await stored(services, wish)).email)


async def test_a_journal_of_another_secret_stops_nothing_and_is_left_alone(
    services: Services,
) -> None:
    path = journal_path(services.settings)
    path.write_text("handstamp erasures 1 0123456789abcdef\n")
    erased = await erase_person(services, SYSTEM, ZELDA)
    assert not erased.in_journal
    await compare(services)
    assert path.read_text() == "handstamp erasures 1 0123456789abcdef\n"


async def test_a_line_cut_off_by_a_power_cut_is_mended(services: Services) -> None:
    await erase_person(services, SYSTEM, ZELDA)
    path = journal_path(services.settings)
    whole = read_journal(services.settings, path)
    path.write_text(path.read_text()[:-20])
    assert read_journal(services.settings, path) == {}
    await compare(services)
    assert read_journal(services.settings, path) == whole


async def test_what_is_no_journal_is_never_written_to(services: Services) -> None:
    path = journal_path(services.settings)
    path.write_text("dear diary\n")
    with pytest.raises(BadJournal):
        add_to_journal(services.settings, path, {"0" * 64: 1})
    assert path.read_text() == "dear diary\n"

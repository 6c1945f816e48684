"""How far a mail came, and finding the mails about something."""

import itertools

from handstamp.mail.find_mails import mails_about, undelivered
from handstamp.mail.note_delivery import ORDER, note_delivery
from handstamp.mail.send_mail import queue_mail
from handstamp.plumbing.web import Services


async def test_any_order_of_news_ends_in_the_same_place(services: Services) -> None:
    for told in itertools.permutations(ORDER[1:]):
        async with services.db.write() as session:
            mail = await queue_mail(session, "sign_in", "a@example.org", {}, about="order:a")
            for at, outcome in enumerate(told):
                await note_delivery(session, mail, outcome, at)
            await session.commit()
            found = {view.id: view for view in await mails_about(session, "order:a")}[mail]
        assert found.delivery == "complained"
        assert found.delivery_at == told.index("complained")
        assert found.arrived is False


async def test_mails_are_found_by_what_they_are_about(services: Services) -> None:
    async with services.db.write() as session:
        ours = await queue_mail(session, "sign_in", "a@example.org", {}, about="order:a")
        await queue_mail(session, "sign_in", "b@example.org", {}, about="order:b")
        await queue_mail(session, "sign_in", "c@example.org", {})
    async with services.db.read() as session:
        assert [mail.id for mail in await mails_about(session, "order:a")] == [ours]
        assert await mails_about(session, "order:c") == []
        assert [mail.arrived for mail in await mails_about(session, "order:a")] == [None]


async def test_bounces_of_many_orders_are_listed(services: Services) -> None:
    async with services.db.write() as session:
        mails = [
            await queue_mail(session, "sign_in", f"{name}@example.org", {}, about=f"order:{name}")
            for name in "abc"
        ]
        await note_delivery(session, mails[0], "bounced", 1)
        await note_delivery(session, mails[1], "delivered", 1)
        assert not await note_delivery(session, "mail_unknown", "bounced", 1)
    async with services.db.read() as session:
        found = await undelivered(session, ["order:a", "order:b", "order:c"])
        assert [mail.about for mail in found] == ["order:a"]
        assert (await mails_about(session, "order:b"))[0].arrived is True
        assert await undelivered(session, []) == []

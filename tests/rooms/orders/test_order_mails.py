"""Mails of an order over real SMTP: tickets that scan, a receipt, files, and hostile names."""

from collections.abc import Sequence
from email.message import EmailMessage

import pypdfium2
import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_event
from tests.factories.papers import make_paid_order, make_profile, set_order
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings

from handstamp.kit.clock import MINUTE
from handstamp.mail.find_mails import mails_about
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.orders import order_mails
from handstamp.orders.models import Order
from handstamp.orders.order_mails import about
from handstamp.pdf import drawing_pool
from handstamp.plumbing.config import Settings
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.models import Ticket


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    return make_settings(
        database_url, mail_url=smtp_server.url, public_url="https://tickets.example.org"
    )


async def tokens(services: Services, order: Order) -> list[str]:
    from handstamp.events.models import Event

    async with services.db.read() as session:
        rows = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
        event = await session.get(Event, order.event_id)
        assert event is not None
        return await tokens_of(
            session, services, event, list((await session.execute(rows)).scalars())
        )


async def confirmed(services: Services, **others: object) -> Order:
    async with services.db.write() as session:
        order = await make_paid_order(session, services, **others)  # type: ignore[arg-type]
        await make_profile(session, services, order.organizer_id)
        await order_mails.queue_confirmation(session, order)
    await run_jobs(services)
    return order


def parts(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


def attached(message: EmailMessage, kind: str) -> bytes:
    (found,) = [part for part in message.walk() if part.get_content_type() == kind]
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def codes_in(images: Sequence[Image.Image]) -> list[str]:
    return [code.text for image in images for code in zxingcpp.read_barcodes(image)]


async def test_a_confirmation_brings_tickets_that_scan_a_receipt_and_the_date(
    services: Services, smtp_server: SmtpServer
) -> None:
    order = await confirmed(services)
    (message,) = smtp_server.messages
    assert parts(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
        "application/pdf",
        "text/calendar",
    ]
    assert message["Subject"] == "Your 2 tickets for Paper Lanterns"
    assert message["From"] == "Moon Gallery <tickets@localhost>"
    assert message["Reply-To"] == "hello@moon.example"
    pdf = pypdfium2.PdfDocument(attached(message, "application/pdf"))
    pages = [pdf[number].render(scale=3).to_pil().convert("RGB") for number in range(len(pdf))]
    assert codes_in(pages) == await tokens(services, order)
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    html = text_of(message, "html")
    for picture in pictures:
        cid = picture["Content-ID"].strip("<>")
        assert f'src="cid:{cid}"' in html
        assert picture.get_content_disposition() == "inline"
    for said in ("Sold by Moon Gallery Society", "GST 12345 6789 RT0001", "12 Main Street"):
        assert said in html
        assert said in text_of(message)
    for said in ("Subtotal", "CA$50.00", "Fees", "CA$3.00", "Tax", "CA$6.36", "CA$59.36"):
        assert said in html
        assert said in text_of(message)
    link = f"https://tickets.example.org/tickets/order/{order.id}?key=hs_order_"
    assert link in html
    assert link in text_of(message)
    (entry,) = Calendar.from_ical(attached(message, "text/calendar")).walk("VEVENT")
    assert entry["UID"] == f"{order.id}@tickets.example.org"


async def test_the_codes_in_the_text_scan_on_their_own(
    services: Services, smtp_server: SmtpServer
) -> None:
    import io

    order = await confirmed(services)
    pictures = [
        Image.open(io.BytesIO(part.get_payload(decode=True)))  # type: ignore[arg-type]
        for part in smtp_server.messages[0].walk()
        if part.get_content_type() == "image/png"
    ]
    shown = [picture.convert("RGB") for picture in pictures]
    assert codes_in(shown) == await tokens(services, order)
    corners = {image.getpixel((0, 0)) for image in shown}
    assert corners == {(255, 255, 255)}


async def test_a_large_order_shows_ten_codes_and_the_pdf_has_them_all(
    services: Services, smtp_server: SmtpServer
) -> None:
    await confirmed(services, names=[f"Guest {number}" for number in range(12)])
    (message,) = smtp_server.messages
    assert parts(message).count("image/png") == 10
    assert "2 more tickets are in the PDF" in text_of(message, "html")
    assert len(pypdfium2.PdfDocument(attached(message, "application/pdf"))) == 12
    assert "Guest 11" in text_of(message)


HOSTILE = "Ada\r\nBcc: eve@example.org <script>alert(1)</script> \u202egnp.exe & محمد"


async def test_names_cannot_write_headers_or_markup(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, title="Placeholder", venue="x")
        event.title = event.venue = HOSTILE
        await session.flush()
        order = await make_paid_order(session, services, event=event, names=[HOSTILE], name=HOSTILE)
        await make_profile(session, services, order.organizer_id, legal_name=HOSTILE)
        await order_mails.queue_confirmation(session, order)
        await order_mails.queue_refunded(session, order, 100)
        await order_mails.queue_late(session, order)
    await run_jobs(services)
    assert len(smtp_server.messages) == 3
    for message in smtp_server.messages:
        assert message["Bcc"] is None
        assert len(message.get_all("To") or []) == 1
        html = text_of(message, "html")
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert "\u202e" not in html + text_of(message) + message["Subject"]
    assert smtp_server.recipients == [["ada@example.org"]] * 3


async def test_a_mail_sent_twice_after_a_crash_is_known_as_one(
    services: Services, smtp_server: SmtpServer
) -> None:
    await confirmed(services)
    async with services.db.write() as session:
        await session.execute(update(Job).values(state="ready", run_at=0, attempt=0))
        await session.execute(update(order_mails_table()).values(status="queued"))
    await run_jobs(services)
    first, second = smtp_server.messages
    assert first["Message-ID"] == second["Message-ID"]


def order_mails_table() -> type:
    from handstamp.mail.models import Mail

    return Mail


async def test_a_refusal_for_good_is_a_bounce_of_the_order(
    services: Services, smtp_server: SmtpServer
) -> None:
    smtp_server.next_answers = ["550 no such mailbox"]
    order = await confirmed(services)
    async with services.db.read() as session:
        (mail,) = await mails_about(session, about(order.id))
    assert (mail.status, mail.delivery, mail.arrived) == ("failed", "bounced", False)


async def test_three_tries_on_passing_errors_then_failed(
    services: Services, smtp_server: SmtpServer
) -> None:
    smtp_server.next_answers = ["451 later"] * 5
    order = await confirmed(services)
    for _try in range(4):
        async with services.db.write() as session:
            await session.execute(update(Job).where(Job.state == "ready").values(run_at=0))
        await run_jobs(services)
    assert len(smtp_server.next_answers) == 2
    async with services.db.read() as session:
        (mail,) = await mails_about(session, about(order.id))
    assert (mail.status, mail.delivery, mail.attempts) == ("failed", "", 3)


async def test_without_pango_the_mail_goes_without_its_pdf(
    services: Services, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing_pool, "PATIENCE_S", 0.0)
    await confirmed(services)
    (message,) = smtp_server.messages
    assert "application/pdf" not in parts(message)
    assert parts(message).count("image/png") == 2


async def refund_all(session: AsyncSession, order: Order) -> None:
    await set_order(session, order, status="refunded", refunded=order.total)
    await session.execute(
        update(Ticket).where(Ticket.order_id == order.id).values(status="refunded")
    )


async def test_tickets_refunded_meanwhile_are_not_mailed(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services)
        await order_mails.queue_confirmation(session, order)
        await refund_all(session, order)
        await order_mails.queue_refunded(session, order, order.total)
    await run_jobs(services)
    (message,) = smtp_server.messages
    assert message["Subject"] == "Refund of CA$59.36 for Paper Lanterns"
    assert "void: they open no door" in text_of(message)
    assert "Paid after refunds: CA$0.00" in text_of(message)
    async with services.db.read() as session:
        statuses = {mail.kind: mail.status for mail in await mails_about(session, about(order.id))}
    assert statuses == {"order_confirmation": "dropped", "order_refunded": "sent"}


async def test_tickets_disputed_meanwhile_are_mailed_once_but_no_reminder_of_them(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services)
        await session.execute(
            update(Ticket).where(Ticket.order_id == order.id).values(status="disputed")
        )
        await order_mails.queue_confirmation(session, order)
    await run_jobs(services)
    (message,) = smtp_server.messages
    pages = pypdfium2.PdfDocument(attached(message, "application/pdf"))
    assert sorted(codes_in([page.render(scale=3).to_pil() for page in pages])) == sorted(
        await tokens(services, order)
    )
    with pytest.raises(NoLongerWanted):
        await order_mails.prepare_reminder(services, {"order": order.id})


async def test_a_part_refunded_leaves_the_other_tickets(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services)
        await set_order(session, order, status="partially_refunded", refunded=2968)
        await order_mails.queue_refunded(session, order, 2968)
    await run_jobs(services)
    assert "The others stay valid" in text_of(smtp_server.messages[0])


async def test_a_late_payment_is_explained(services: Services, smtp_server: SmtpServer) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services, status="late_refunded")
        await order_mails.queue_late(session, order)
    await run_jobs(services)
    text = text_of(smtp_server.messages[0])
    assert "CA$59.36" in text
    assert "You need not do anything" in text
    assert parts(smtp_server.messages[0]) == ["multipart/alternative", "text/plain", "text/html"]


async def test_a_refused_payment_leads_back_while_the_tickets_are_held(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(
            session,
            services,
            status="pending",
            placed_at=None,
            expires_at=services.clock() + 10 * MINUTE,
        )
        await order_mails.queue_payment_failed(session, order)
    await run_jobs(services)
    text = text_of(smtp_server.messages[0])
    assert "held until" in text
    assert f"/tickets/order/{order.id}?key=" in text


async def test_a_refused_payment_after_the_hold_leads_to_the_event(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services, status="expired", placed_at=None)
        await order_mails.queue_payment_failed(session, order)
    await run_jobs(services)
    text = text_of(smtp_server.messages[0])
    assert "no longer held" in text
    assert "/tickets/e/" in text


async def test_a_refused_payment_that_was_paid_since_is_not_told(
    services: Services, smtp_server: SmtpServer
) -> None:
    async with services.db.write() as session:
        order = await make_paid_order(session, services)
        await order_mails.queue_payment_failed(session, order)
    await run_jobs(services)
    assert smtp_server.messages == []


async def test_a_free_order_has_no_taxes_to_show(
    services: Services, smtp_server: SmtpServer
) -> None:
    nothing = {"subtotal": 0, "fees": 0, "tax": 0, "total": 0}
    await confirmed(services, **nothing)
    text = text_of(smtp_server.messages[0])
    assert "Total: Free" in text
    assert "Subtotal" not in text


@pytest.mark.parametrize("kind", sorted(order_mails.PREPARERS))
async def test_every_word_of_ours_goes_through_the_catalogue(
    services: Services, smtp_server: SmtpServer, kind: str
) -> None:
    async with services.db.write() as session:
        status = "pending" if kind == "payment_failed" else "paid"
        order = await make_paid_order(
            session,
            services,
            status=status,
            placed_at=None if status == "pending" else services.clock(),
            language="qps",
        )
        await make_profile(session, services, order.organizer_id)
        queued = {
            "order_confirmation": order_mails.queue_confirmation,
            "order_late": order_mails.queue_late,
            "payment_failed": order_mails.queue_payment_failed,
            "event_reminder": order_mails.queue_reminder,
            "tickets_resent": order_mails.queue_resent,
        }
        if kind == "order_refunded":
            await order_mails.queue_refunded(session, order, 100)
        elif kind == "tickets_taken_back":
            mail = NewMail(order.email, {"order": order.id}, "", order.language)
            await queue_mails(session, kind, [mail])
        else:
            await queued[kind](session, order)
    await run_jobs(services)
    (message,) = smtp_server.messages
    assert message["Subject"].startswith("⟦")
    data = (
        "Paper Lanterns",
        "The Rickshaw",
        "12 Main Street",
        "Vancouver",
        "Full refund",
        "https:",
    )
    stray = [
        line
        for line in map(str.strip, text_of(message).splitlines())
        if line
        and "⟦" not in line
        and not line.startswith((*data, "--"))
        and order.number not in line
        and not any(name in line for name in ("Ada", "Grace", "General"))
    ]
    assert stray == []

"""QR codes: small, readable by a camera, on a white card."""

import io

import pytest
import segno
import zxingcpp
from PIL import Image
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.plumbing.web import Services
from handstamp.tickets.qr_codes import BORDER, qr_png, qr_svg

pytestmark = pytest.mark.anyio


async def test_a_ticket_fits_version_5_and_reads_back_from_its_png(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=1)
        (text,) = await make_tokens(session, services, event, tickets)
    assert segno.make_qr(text, error="m", boost_error=False).version == 5
    image = Image.open(io.BytesIO(qr_png(text, scale=4)))
    assert image.size == ((37 + 2 * BORDER) * 4,) * 2
    (read,) = zxingcpp.read_barcodes(image.convert("L"))
    assert read.text == text


def test_an_svg_has_a_white_card_and_a_name_that_cannot_break_out() -> None:
    svg = qr_svg("HS0", title='<script>"&')
    assert svg.startswith("<svg")
    assert "#fff" in svg
    assert "<script>" not in svg

"""Tickets as PDF, read back: the words on the page and the code in the picture of it."""

import io
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from tests.factories.pdf import make_document, make_pdf_ticket

from handstamp.kit.clock import DAY
from handstamp.pdf.drawing_pool import DrawingPool
from handstamp.pdf.ticket_document import TicketDocument


async def drawn(pool: DrawingPool, document: TicketDocument) -> tuple[pypdfium2.PdfDocument, str]:
    head, content = await pool.ask(document.to_json())
    return pypdfium2.PdfDocument(content), str(head["missing"])


def words(pdf: pypdfium2.PdfDocument, page: int = 0) -> str:
    return " ".join(pdf[page].get_textpage().get_text_range().split())


def picture(pdf: pypdfium2.PdfDocument, page: int = 0, scale: float = 3) -> Image.Image:
    image: Image.Image = pdf[page].render(scale=scale).to_pil().convert("RGB")
    return image


def codes(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


async def test_a_ticket_says_what_a_guest_and_a_door_need(pool: DrawingPool) -> None:
    pdf, missing = await drawn(pool, make_document())
    text = words(pdf)
    for said in (
        "Moon Gallery",
        "Paper Lanterns",
        "Thu, 28 May 2026",
        "22:00 – 03:00",
        "Vancouver, UTC−7",
        "254 East Hastings Street",
        "General admission",
        "Ada Lovelace",
        "MOON-PL-20260529-7XK3Q9B0Z",
        "Order HS-7K3QX",
        "at the door",
    ):
        assert said in text
    assert missing == ""
    assert pdf.get_metadata_dict()["Title"] == "Paper Lanterns"
    assert pdf.get_metadata_dict()["Author"] == "Moon Gallery"


async def test_an_order_is_one_pdf_with_a_page_and_its_own_code_a_ticket(
    pool: DrawingPool,
) -> None:
    document = make_document(3)
    pdf, _missing = await drawn(pool, document)
    assert [codes(picture(pdf, page)) for page in range(len(pdf))] == [
        [ticket.qr] for ticket in document.tickets
    ]
    assert "ticket 2 of 3" in words(pdf, 1)


@pytest.mark.parametrize("color", ["#000000", "#ffd84d"])
async def test_the_code_stands_on_white_with_four_free_modules_in_any_colour(
    pool: DrawingPool, color: str
) -> None:
    pdf, _missing = await drawn(pool, make_document(brand_color=color))
    image = picture(pdf)
    (code,) = zxingcpp.read_barcodes(image)
    place = code.position
    module = (place.top_right.x - place.top_left.x) / 37
    quiet = round(3.7 * module)
    box = (
        place.top_left.x - quiet,
        place.top_left.y - quiet,
        place.bottom_right.x + quiet,
        place.bottom_right.y + quiet,
    )
    card = image.crop(box)
    inner = Image.new("RGB", (card.width - 2 * quiet + 4, card.height - 2 * quiet + 4), "white")
    card.paste(inner, (quiet - 2, quiet - 2))
    assert card.getcolors() == [(card.width * card.height, (255, 255, 255))]


HOSTILE = (
    "<b>Ada</b> & <script>alert(1)</script>",
    "</section></body><h1>out",
    '" onload="x" style="display:none',
    "{{ 7*7 }} {% raw %}",
    "Ada\r\nBcc: all@example.org\x00",
    "a\u202egnp.exe",
    "\u0000",
    "W" * 200,
    "Wolfeschlegelsteinhausenbergerdorff " * 6,
    "👩‍👩‍👧‍👦 🎉",
    "\u0301" * 50,
)


async def test_no_text_of_people_moves_or_hides_the_code(pool: DrawingPool) -> None:
    for text in HOSTILE:
        document = make_document(
            title=text,
            organizer=text,
            venue=text,
            city=text,
            order_number=text,
            tickets=(make_pdf_ticket(tier=text, holder=text),),
        )
        pdf, _missing = await drawn(pool, document)
        assert len(pdf) == 1, text
        assert codes(picture(pdf)) == [document.tickets[0].qr], text
        assert "at the door" in words(pdf), text


async def test_markup_is_printed_as_it_was_typed(pool: DrawingPool) -> None:
    pdf, _missing = await drawn(
        pool, make_document(tickets=(make_pdf_ticket(holder="<b>Ada</b> & Co"),))
    )
    assert "<b>Ada</b> & Co" in words(pdf)


async def test_the_shipped_font_draws_latin_greek_cyrillic_and_vietnamese(
    pool: DrawingPool,
) -> None:
    for name in ("Γιώργος Παπάς", "Людмила Щука", "Nguyễn Ánh Tuyết", "Łucja Żak Ångström"):
        pdf, missing = await drawn(pool, make_document(tickets=(make_pdf_ticket(holder=name),)))
        assert missing == ""
        assert name in words(pdf)


async def test_a_festival_of_days_shows_both_ends(pool: DrawingPool) -> None:
    made = make_document()
    pdf, _missing = await drawn(pool, make_document(end_at=made.start_at + 2 * DAY))
    assert "Thu, 28 May 2026, 22:00 – Sat, 30 May 2026, 22:00" in words(pdf)


def _logo(kind: str, size: tuple[int, int] = (300, 120)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (220, 60, 40)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "type_"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
async def test_the_logo_stands_in_the_head(pool: DrawingPool, kind: str, type_: str) -> None:
    pdf, _missing = await drawn(pool, make_document(logo=_logo(kind), logo_type=type_))
    red, green, blue = picture(pdf).getpixel((90, 80))  # type: ignore[misc]
    assert red > 200 and green < 90 and blue < 70


BAD_LOGOS: list[dict[str, Any]] = [
    {"logo": b"no picture", "logo_type": "image/png"},
    {"logo": _logo("PNG")[:60], "logo_type": "image/png"},
    {"logo": _logo("PNG", (5000, 10)), "logo_type": "image/png"},
    {"logo": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
     "logo_type": "image/svg+xml"},
    {"logo": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo_type": "image/png"},
]  # fmt: skip


async def test_what_is_no_logo_is_left_out(pool: DrawingPool) -> None:
    for logo in BAD_LOGOS:
        pdf, _missing = await drawn(pool, make_document(**logo))
        assert "Moon Gallery" in words(pdf)
        assert len(codes(picture(pdf))) == 1


async def test_every_word_of_ours_goes_through_the_catalogue(pool: DrawingPool) -> None:
    pdf, _missing = await drawn(pool, make_document(2, language="qps"))
    text = words(pdf)
    for stray in ("When", "Where", "Name", "Ticket", "Order", "at the door"):
        assert stray not in text


async def test_a_screen_reader_finds_structure(pool: DrawingPool) -> None:
    pdf, _missing = await drawn(pool, make_document())
    assert pypdfium2.raw.FPDFCatalog_IsTagged(pdf.raw)


async def test_a_printed_page_is_a_quarter_of_a4(pool: DrawingPool) -> None:
    pdf, _missing = await drawn(pool, make_document())
    assert [round(side / 72 * 25.4) for side in pdf[0].get_size()] == [105, 148]


async def test_a_pdf_fits_a_mail(pool: DrawingPool) -> None:
    _head, content = await pool.ask(make_document(10).to_json())
    assert len(content) < 100_000

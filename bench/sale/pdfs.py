"""PDFs of tickets per second and core, as a worker has them drawn after a sale.

One child process of the pool that the worker uses (`handstamp.pdf.drawing_pool`), so one core, is
asked for 150 orders of one ticket, one after another, each with its own event, names of several
languages, code and one of six brand colours; a fifth has a logo. The time runs in this process,
from handing the order over to having the whole PDF, and starts when the child has drawn its first:
starting it is a figure of its own. The same is told per second of the child's own processor time,
which a busy machine changes less. Then 15 orders of ten tickets, in pages. Every PDF is kept, and
afterwards opened and its pages counted, and the code of every tenth is read from its picture: a
PDF that does not scan does not count.
"""

import io
from collections.abc import Sequence
from time import perf_counter

import psutil
import pypdfium2
import zxingcpp
from bench.figure import Figure
from PIL import Image

from handstamp.kit.clock import HOUR
from handstamp.pdf.drawing_pool import DrawingPool
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument

ORDERS = 150
LARGE_ORDERS, TICKETS = 15, 10
NAMES = ("Ada Lovelace", "Γιώργος Παπαδόπουλος", "Людмила Щербакова", "Nguyễn Thị Ánh Tuyết")
COLORS = ("#4a2fae", "#0b3d2e", "#c8102e", "#111111", "#1f4e9e", "")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
START = 1_780_030_800_000


async def measure() -> dict[str, Figure]:
    """Measure."""
    pool = DrawingPool(1)
    try:
        begun = perf_counter()
        await pool.ask(document(0, 1).to_json())
        started = perf_counter() - begun
        child = _child()
        small = [document(number, 1) for number in range(ORDERS)]
        seconds, cpu, drawn = await _draw(pool, child, small)
        large = [document(number, TICKETS) for number in range(LARGE_ORDERS)]
        page_seconds, _cpu, drawn_large = await _draw(pool, child, large)
        memory = child.memory_info().rss
    finally:
        await pool.close()
    _check(small, drawn)
    _check(large, drawn_large)
    return {
        "PDFs of one ticket, per second and core": Figure(ORDERS / seconds, "PDFs/s", ">= 25"),
        "PDFs of one ticket, per second of processor time": Figure(ORDERS / cpu, "PDFs/s"),
        "pages of orders of ten tickets, per second and core": Figure(
            LARGE_ORDERS * TICKETS / page_seconds, "pages/s"
        ),
        "bytes of a PDF of one ticket": Figure(sum(map(len, drawn)) / ORDERS, "B"),
        "first PDF, with starting the process": Figure(started, "s"),
        "memory of the process that draws, RSS": Figure(memory / 1_000_000, "MB"),
    }


def document(number: int, tickets: int) -> TicketDocument:
    """Return an order that differs from all others."""
    has_logo = number % 5 == 0
    return TicketDocument(
        language="en",
        organizer="Moon Gallery",
        title=f"Paper Lanterns, night {number}",
        start_at=START + number * HOUR,
        end_at=START + (number + 5) * HOUR,
        time_zone="America/Vancouver",
        venue="The Rickshaw, 254 East Hastings Street",
        city="Vancouver, BC",
        order_number=f"HS-{_letters(number, 5)}",
        tickets=tuple(
            PdfTicket(
                printed_id=f"MOON-PL-20260529-{_letters(number * 31 + place, 9)}",
                qr="HS" + _letters(number * 977 + place, 120),
                tier="General admission",
                holder=f"{NAMES[(number + place) % len(NAMES)]} {number}",
            )
            for place in range(tickets)
        ),
        made_at=START,
        brand_color=COLORS[number % len(COLORS)],
        logo=_logo() if has_logo else b"",
        logo_type="image/png" if has_logo else "",
    )


def _letters(seed: int, count: int) -> str:
    return "".join(LETTERS[(seed * 7 + at * at * 11 + at * seed) % 32] for at in range(count))


def _logo() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((400, 160)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def _child() -> psutil.Process:
    (child,) = psutil.Process().children()
    return child


async def _draw(
    pool: DrawingPool, child: psutil.Process, documents: Sequence[TicketDocument]
) -> tuple[float, float, list[bytes]]:
    before, begun = child.cpu_times(), perf_counter()
    drawn = [(await pool.ask(one.to_json()))[1] for one in documents]
    seconds, after = perf_counter() - begun, child.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return seconds, cpu, drawn


def _check(documents: Sequence[TicketDocument], drawn: Sequence[bytes]) -> None:
    for number, (wanted, content) in enumerate(zip(documents, drawn, strict=True)):
        pdf = pypdfium2.PdfDocument(content)
        assert len(pdf) == len(wanted.tickets)
        if number % 10 == 0:
            picture = pdf[0].render(scale=3).to_pil().convert("RGB")
            assert [code.text for code in zxingcpp.read_barcodes(picture)] == [wanted.tickets[0].qr]
        pdf.close()

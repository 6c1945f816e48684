"""Draws PDFs in a process of its own: no secrets in its environment, bounded memory.

Reads requests from standard input and answers on standard output (the frames of
`plumbing/child.py`), one after another, until the input ends. A request is JSON: a document of
tickets, {"plain": another document}, or {"check": true}. An answer has {"missing"} and the PDF
behind it, or {"error"}.
"""

import gc
import json

from handstamp.pdf.plain_document import plain_from_json
from handstamp.pdf.scripts import SCRIPTS
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument, from_json
from handstamp.plumbing.child import begin, read_frame, write_answer

MEMORY = 2 << 30


def main() -> None:
    """Answer until the parent is gone."""
    requests, answers = begin(memory=MEMORY)
    try:
        from handstamp.pdf.draw_tickets import Drawer  # noqa: PLC0415 (Pango may be absent)

        drawer = Drawer()
    except (OSError, ImportError):
        write_answer(answers, {"error": "pango"})
        return
    gc.freeze()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        if request.get("check"):
            absent = [name for name in SCRIPTS if drawer.draw(_sample(name)).missing]
            write_answer(answers, {"missing": absent})
            continue
        if "plain" in request:
            drawn = drawer.draw_plain(plain_from_json(request))
        else:
            drawn = drawer.draw(from_json(request))
        write_answer(answers, {"missing": drawn.missing}, drawn.pdf)


def _sample(script: str) -> TicketDocument:
    return TicketDocument(
        language="en",
        organizer="",
        title=SCRIPTS[script].sample,
        start_at=0,
        end_at=0,
        time_zone="UTC",
        venue="",
        city="",
        order_number="",
        tickets=(PdfTicket("", "A", "", ""),),
        made_at=0,
    )


if __name__ == "__main__":
    main()

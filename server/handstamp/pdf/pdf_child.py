"""Draws tickets in a process of its own: no secrets in its environment, bounded memory.

Reads requests from standard input and answers on standard output, one after another, until
the input ends. A request is 4 bytes of length and JSON: a document, or {"check": true}. An
answer is 4 bytes of length and JSON {"size", "missing"} with the PDF behind it, or {"error"}.
"""

import gc
import json
import os
import resource
import sys
from typing import BinaryIO

from handstamp.pdf.scripts import SCRIPTS
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument, from_json

MEMORY = 2 << 30
YIELDING = 5  # the door and the pages go first


def main() -> None:
    """Answer until the parent is gone."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(YIELDING)
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        from handstamp.pdf.draw_tickets import Drawer  # noqa: PLC0415 (Pango may be absent)

        drawer = Drawer()
    except (OSError, ImportError):
        write(answers, {"error": "pango"})
        return
    gc.freeze()
    while (request := read(sys.stdin.buffer)) is not None:
        if request.get("check"):
            absent = [name for name in SCRIPTS if drawer.draw(_sample(name)).missing]
            write(answers, {"size": 0, "missing": absent})
            continue
        drawn = drawer.draw(from_json(request))
        write(answers, {"size": len(drawn.pdf), "missing": drawn.missing}, drawn.pdf)


def read(source: BinaryIO) -> dict[str, object] | None:
    """Return the next JSON object, None at the end."""
    length = source.read(4)
    if len(length) < 4:
        return None
    found: dict[str, object] = json.loads(source.read(int.from_bytes(length, "big")))
    return found


def write(target: BinaryIO, head: dict[str, object], body: bytes = b"") -> None:
    """Write one answer."""
    text = json.dumps(head).encode()
    target.write(len(text).to_bytes(4, "big") + text + body)
    target.flush()


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

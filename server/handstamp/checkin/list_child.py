"""Makes one large list in a process of its own and ends.

A large list takes a hundred megabytes for a second, of which the server would keep a third for
ever, in holes between what it keeps on purpose.

The request, in the frames of `plumbing/child.py`: JSON {"header", "fields", "key"}; pieces of
tickets and an empty frame; pieces of facts and an empty frame. A piece is a marshalled list of
rows as `list_rows.py` reads them, each with its key behind. The answer: {"tickets", "gzip": bytes}
with both encodings behind it.
"""

import base64
import json
import marshal
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypeVar

from handstamp.checkin.list_rows import Personal, facts_of, tickets_of
from handstamp.checkin.seal_list import seal_list
from handstamp.plumbing.child import begin, end_with_parent, read_frame, write_answer

MEMORY = 2 << 30
SECONDS = 120
_Made = TypeVar("_Made")


def main() -> None:
    """Read the rows of one list and answer with its bytes."""
    requests, answers = begin(memory=MEMORY, seconds=SECONDS, yielding=0)  # phones wait for it
    asked = json.loads(_frame(requests))
    personal = Personal.of(asked["fields"])
    tickets = _collect(requests, lambda rows: tickets_of(rows, personal))
    facts = _collect(requests, facts_of)
    end_with_parent(requests)
    made = seal_list(asked["header"], tickets, facts, base64.b64decode(asked["key"]))
    head = {"tickets": made.tickets, "gzip": len(made.gzip)}
    write_answer(answers, head, made.gzip + made.brotli)


def _collect(requests: BinaryIO, make: Callable[[Any], list[_Made]]) -> list[_Made]:
    return [row for piece in _pieces(requests) for row in make(piece)]


def _pieces(requests: BinaryIO) -> Iterator[Any]:
    while frame := _frame(requests):
        yield [row[:-1] for row in marshal.loads(frame)]  # noqa: S302 (of the parent alone)


def _frame(requests: BinaryIO) -> bytes:
    frame = read_frame(requests)
    if frame is None:
        raise SystemExit(1)
    return frame


if __name__ == "__main__":
    main()

"""`handstamp verify-feed`: is an event's feed what was numbered once?"""

import base64
import binascii
from typing import Annotated

import typer

from handstamp.checkin.log_file import b64
from handstamp.checkin.verify_feed import FeedReport, NotedMark, feed_fault_words, verify_feed
from handstamp.commands.find_by_name import event_named
from handstamp.commands.running import MISUSED, REFUSED, run, say, stop
from handstamp.plumbing.web import Services


def verify_feeds(
    event: Annotated[str, typer.Argument(help="The event's id or its address (slug).")],
    *,
    noted: Annotated[
        str, typer.Option(help="SEQ:DIGEST that this command, or a list, named at another time.")
    ] = "",
) -> None:
    """Compute the chain of an event's feed again and compare facts and tickets with it."""
    known = _read_noted(noted) if noted else None
    found: list[FeedReport] = []

    async def work(services: Services) -> None:
        async with services.db.read() as session:
            named = await event_named(session, event)
            found.append(await verify_feed(session, named.id, known))

    run(work)
    report = found[0]
    if report.fault is not None:
        say(f"BAD at number {report.fault.seq}. {feed_fault_words(report.fault)}")
        raise typer.Exit(REFUSED)
    say(f"The feed holds: {report.seq} numbers, {report.marks} marks, {report.facts} facts.")
    if report.kept_from:
        say(f"Up to number {report.kept_from} it is of an older version and cannot be computed.")
    say(f"Note its end, outside this server: {report.seq}:{b64(report.digest)}")


def _read_noted(text: str) -> NotedMark:
    seq, _, digest = text.partition(":")
    try:
        return NotedMark(int(seq), base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError):
        stop("--noted is SEQ:DIGEST, as this command prints it", MISUSED)

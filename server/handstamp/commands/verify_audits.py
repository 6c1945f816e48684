"""`handstamp verify-audit`: does the audit log say what it said when it was chained?"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from handstamp.audit.verify_chain import AuditReport, Noted, audit_fault_words, verify_audit
from handstamp.commands.running import MISUSED, REFUSED, run, say, stop
from handstamp.plumbing.web import Services


def verify_audits(
    noted: Annotated[
        str, typer.Option(help="NUMBER:HASH that this command, or the log, named at another time.")
    ] = "",
) -> None:
    """Compute the chain of the audit log again, and check the server's signatures of it."""
    known = _read_noted(noted) if noted else None
    found: list[AuditReport] = []

    async def work(services: Services) -> None:
        found.append(await verify_audit(services, known))

    run(work)
    report = found[0]
    if report.fault is not None:
        say(f"BAD at entry {report.fault.number}. {audit_fault_words(report.fault)}")
        raise typer.Exit(REFUSED)
    say(f"The audit log holds: {report.entries} entries.")
    if report.erased:
        say(f"The addresses of {report.erased} were emptied, as erasing a person does.")
    if report.waits_since is not None:
        since = datetime.fromtimestamp(report.waits_since / 1000, UTC)
        say(f"{report.waiting} are not chained yet, since {since:%Y-%m-%d %H:%M:%S} UTC.")
    say(f"Note its end, outside this server: {report.entries}:{report.hash.hex()}")


def _read_noted(text: str) -> Noted:
    number, _, digest = text.partition(":")
    try:
        return Noted(int(number), bytes.fromhex(digest))
    except ValueError:
        stop("--noted is NUMBER:HASH, as this command prints it", MISUSED)

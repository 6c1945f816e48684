"""`handstamp self-test`: buys in Stripe's test mode and follows the order to the door."""

from email.utils import parseaddr
from typing import Annotated

import typer

from handstamp.checkin.broadcast import close_door
from handstamp.commands.running import COMMAND_LINE, REFUSED, run, say
from handstamp.pdf.ticket_pdf import close_pdf
from handstamp.plumbing.web import Services
from handstamp.selftest.begin import begin_self_test
from handstamp.selftest.run_self_test import run_self_test
from handstamp.selftest.steps import Step, advice, names

_SIGNS = {"green": "ok     ", "red": "RED    ", "skipped": "skipped"}


def self_test(
    organizer: Annotated[
        str, typer.Option(help="Id of the organizer whose test account is paid into.")
    ] = "",
    email: Annotated[
        str, typer.Option(help="Where the mails go; the sender's own address without.")
    ] = "",
) -> None:
    """Buy with a test card, scan, refund, and put everything away; refused with live keys.

    A server with a worker must run beside it: it hears Stripe's events and sends the mails.
    """
    seen: list[Step] = []

    async def work(services: Services) -> None:
        try:
            async with services.db.write(actor="command line") as session:
                test = await begin_self_test(
                    session, services, COMMAND_LINE, organizer_id=organizer, by_job=False
                )
            to = email or parseaddr(services.settings.mail_from)[1]
            seen.extend(await run_self_test(services, test.id, email=to, tell=_tell))
        finally:
            await close_door(services)
            await close_pdf(services)

    run(work)
    if any(step.state != "green" for step in seen):
        raise typer.Exit(REFUSED)
    say("Everything works, from Stripe's page to the light at the door.")


def _tell(step: Step) -> None:
    note = f": {step.note}" if step.note else ""
    say(f"{_SIGNS[step.state]} {names()[step.step]}{note}")
    if step.state == "red":
        say(f"        {advice(step.step)}")

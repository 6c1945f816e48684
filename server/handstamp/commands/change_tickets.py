"""`handstamp tickets …`: issue, revoke and re-issue from the command line."""

from typing import Annotated

import typer

from handstamp.commands.find_by_name import event_named, ticket_named, tier_named
from handstamp.commands.running import COMMAND_LINE, MISUSED, progress, run, say, stop
from handstamp.plumbing.web import Services
from handstamp.tickets.find_tickets import token_of
from handstamp.tickets.issue_tickets import Holder, issue
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status

STATUSES = ("refunded", "cancelled", "disputed", "valid")
BATCH = 500

Event = Annotated[str, typer.Argument(help="The event's id or its address (slug).")]
Tickets = Annotated[list[str], typer.Argument(help="Printed ids, or numbers of tickets.")]


def issue_tickets(
    event: Event,
    *,
    tier: Annotated[str, typer.Option(help="The tier's name or number.")],
    name: Annotated[str, typer.Option(help="Who it is for.")] = "",
    email: Annotated[str, typer.Option(help="Their e-mail.")] = "",
    order: Annotated[str, typer.Option(help="An order number to find it by.")] = "",
    count: Annotated[int, typer.Option(min=1, max=50_000, help="How many.")] = 1,
) -> None:
    """Issue tickets; prints each printed id and, for a single one, the text of its QR code."""

    async def work(services: Services) -> None:
        holder = Holder(name=name, email=email, order=order)
        with progress("issuing", count) as done:
            for start in range(0, count, BATCH):
                size = min(BATCH, count - start)
                async with services.db.write(actor=COMMAND_LINE.id) as session:
                    found = await event_named(session, event)
                    made = await issue(
                        session,
                        services,
                        found,
                        await tier_named(session, found.id, tier),
                        [holder] * size,
                        source="command line",
                        actor=COMMAND_LINE,
                    )
                    code = await token_of(session, services, found, made[0]) if count == 1 else ""
                done(size)
                for ticket in made:
                    say(f"{ticket.printed_id} {code}".rstrip())

    run(work)


def revoke_tickets(
    tickets: Tickets,
    status: Annotated[
        str, typer.Option("--as", help="refunded, cancelled, disputed; valid restores.")
    ] = "cancelled",
) -> None:
    """Refund, cancel or dispute tickets (or restore them); phones hear within seconds."""
    if status not in STATUSES:
        stop(f"--as is one of {', '.join(STATUSES)}", MISUSED)

    async def work(services: Services) -> None:
        for named in tickets:
            async with services.db.write(actor=COMMAND_LINE.id) as session:
                found = await ticket_named(session, named)
                changed = await change_status(session, services, COMMAND_LINE, found, status)
            say(f"{changed.printed_id} {changed.status}")

    run(work)


def reissue_tickets(tickets: Tickets) -> None:
    """Issue tickets again: the codes handed out before no longer open the door."""

    async def work(services: Services) -> None:
        for named in tickets:
            async with services.db.write(actor=COMMAND_LINE.id) as session:
                found = await ticket_named(session, named)
                fresh = await reissue(session, services, COMMAND_LINE, found)
            say(f"{fresh.printed_id} epoch {fresh.epoch}")

    run(work)

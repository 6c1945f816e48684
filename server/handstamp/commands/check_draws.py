"""`handstamp preorders verify-draw`: was a draw the one that was promised?"""

from typing import Annotated

import typer

from handstamp.clubs.find_clubs import clubs_by_id, clubs_of_event
from handstamp.commands.find_by_name import event_named
from handstamp.commands.running import run, say
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.preorders.verify_draw import DrawReport, verify_draw

EventName = Annotated[str, typer.Argument(help="The event's id or address.")]
ClubName = Annotated[
    str, typer.Option("--club", help="The club's id or name; needed with several.")
]


def verify(event: EventName, club: ClubName = "") -> None:
    """Compute a draw again from its seed, and compare it with the promise and the places."""
    found: list[DrawReport] = []

    async def work(services: Services) -> None:
        async with services.db.read() as session:
            named = await event_named(session, event)
            drawn = [one for one in await clubs_of_event(session, named.id) if one.draw_commitment]
            clubs = await clubs_by_id(session, [one.club_id for one in drawn])
            chosen = [one for one in clubs.values() if not club or club in (one.id, one.name)]
            if len(chosen) != 1:
                raise BadInput(_("Name one club that draws this event, with --club."))
            found.append(await verify_draw(session, services, chosen[0].id, named.id))

    run(work)
    report = found[0]
    say(f"Commitment  {report.commitment}")
    say(f"Seed        {report.seed}")
    for place, preorder_id in enumerate(report.places, 1):
        say(f"{place:>6}  {preorder_id}{_mark(report, preorder_id)}")
    if report.fair:
        say("The draw is the one that was promised, and nobody was passed over.")
        return
    if not report.seed_fits:
        say("The seed is NOT the one that was promised.")
    raise typer.Exit(1)


def _mark(report: DrawReport, preorder_id: str) -> str:
    if preorder_id in report.wrong:
        return "  WRONG PLACE"
    return "  PASSED OVER" if preorder_id in report.passed_over else ""

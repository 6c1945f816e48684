"""The administrator's page of work that was given up: why, and trying it again."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import require_admin, services
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render
from handstamp.webhooks.find_dead_letters import find_dead_letters
from handstamp.webhooks.replay_event import replay

HERE = "/tickets/admin/dead-letters"


@page
async def dead_letters(request: Request) -> Response:
    """List what was given up, the latest first."""
    require_admin(request)
    async with services(request).db.read() as session:
        around = await frame(session, request, "dead_letters")
        letters = await find_dead_letters(session)
    return render(request, "dead_letters.html", letters=letters, **around)


@page
async def try_again(request: Request) -> Response:
    """Make one ready again, with fresh tries."""
    who = require_admin(request)
    async with services(request).db.write(actor=who.id) as session:
        await replay(session, who, request.path_params["letter_id"])
    return go(request, HERE, _("It is tried again now. It comes back here if it fails again."))


@page
async def try_all(request: Request) -> Response:
    """Make everything that is listed ready again; each in a transaction of its own."""
    who, shared = require_admin(request), services(request)
    async with shared.db.read() as session:
        letters = await find_dead_letters(session)
    done = 0
    for letter in letters:
        try:
            async with shared.db.write(actor=who.id) as session:
                await replay(session, who, letter.id)
        except NotFound:  # somebody else was first
            continue
        done += 1
    said = ngettext("%(num)s is tried again now.", "%(num)s are tried again now.", done)
    return go(request, HERE, said % {"num": done})


_LETTERS = "/admin/dead-letters"
routes = [
    Route(_LETTERS, dead_letters),
    Route(_LETTERS + "/replay", try_all, methods=["POST"]),
    Route(_LETTERS + "/{letter_id}/replay", try_again, methods=["POST"]),
]

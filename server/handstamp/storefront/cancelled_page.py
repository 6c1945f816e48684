"""The public page of an event that was cancelled: that it is, and what becomes of the money."""

from starlette.requests import Request
from starlette.responses import Response

from handstamp.auth.find_profile import profile_of
from handstamp.notices.find_notices import cancelled_after_sales
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import services
from handstamp.storefront.pages import render


async def cancelled(request: Request, slug: str) -> Response:
    """Show that an event does not take place; whoever still sends a choice buys nothing.

    Raises:
        NotFound: there is no such event, or nobody ever bought anything of it.
    """
    async with services(request).db.read() as session:
        event = await cancelled_after_sales(session, slug)
        if event is None:
            raise NotFound(_("There is no such event."))
        organizer = await profile_of(session, event.organizer_id)
    status = 200 if request.method == "GET" else 409
    return render(
        request,
        "event_cancelled.html",
        status=status,
        event=event,
        organizer=organizer,
        notice=None,
    )

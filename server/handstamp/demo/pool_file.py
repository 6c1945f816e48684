"""The demo's file of tickets from elsewhere, to download and to upload."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from handstamp.demo.seed_pool import pool_file
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.file_answer import CSV_TYPE, file_answer
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing, services

PATH = "/tickets/demo/tickets.csv"


async def download(request: Request) -> Response:
    """Hand out the file; only in the demo.

    Raises:
        NotFound: this server is no demo, or it has no evening with such tickets.
    """
    require_ticketing(request)
    shared = services(request)
    content = None
    if shared.settings.demo:
        async with shared.db.read() as session:
            content = await pool_file(session)
    if content is None:
        raise NotFound(_("There is nothing at this address."))
    return file_answer(content, "tickets.csv", CSV_TYPE)


routes: list[BaseRoute] = [Route(PATH, download)]

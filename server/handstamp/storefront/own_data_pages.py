"""A person downloads what is kept about them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.privacy.routes import own_data, zipped
from handstamp.storefront.pages import member_page


@member_page
async def download(request: Request) -> Response:
    """Hand over the ZIP; the page has a button for it, so no link elsewhere can ask for it."""
    return zipped(await own_data(request))


routes = [Route("/me/export", download, methods=["POST"])]

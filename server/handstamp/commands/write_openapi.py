"""`handstamp openapi`: the API's description, without starting a server."""

import json

from handstamp.app import routes
from handstamp.commands.running import say
from handstamp.plumbing.api import openapi_document


def write_openapi() -> None:
    """Print the OpenAPI document that the server gives at /api/tickets/openapi.json."""
    say(json.dumps(openapi_document(routes()), indent=1, ensure_ascii=False))

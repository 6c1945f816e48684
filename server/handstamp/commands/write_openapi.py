"""`handstamp openapi`: the API's description, without starting a server."""

import json

from handstamp.commands.running import say


def write_openapi() -> None:
    """Print the OpenAPI document that the server gives at /api/tickets/openapi.json."""
    # Imported here: every other command starts in half the time without the web server.
    from handstamp.app import routes  # noqa: PLC0415
    from handstamp.plumbing.api import openapi_document  # noqa: PLC0415

    say(json.dumps(openapi_document(routes()), indent=1, ensure_ascii=False))

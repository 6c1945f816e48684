"""`handstamp openapi`: the API's description, without starting a server."""

import json

from handstamp.commands.running import say
from handstamp.plumbing.api import spec


def write_openapi() -> None:
    """Print the OpenAPI document that the server gives at /api/tickets/openapi.json."""
    say(json.dumps(spec.spec, indent=1, ensure_ascii=False))

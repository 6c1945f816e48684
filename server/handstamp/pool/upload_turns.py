"""How many commits of files one process works on at the same time; the others wait for a turn."""

import asyncio

from handstamp.plumbing.web import Services

AT_ONCE = 4  # a file of 10,000 rows takes some 30 MB while it is worked on
_ROOM = "pool uploads"


def turn(services: Services) -> asyncio.Semaphore:
    """Return what a commit holds from reading to storing.

    Never wait for it while holding a connection: who has the turn may need that one.
    """
    turns: asyncio.Semaphore = services.rooms.setdefault(_ROOM, asyncio.Semaphore(AT_ONCE))
    return turns

"""An installation with clubs, whose members sign in and pre-order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.door_world import World, free_port
from tests.fixtures.services import make_settings


@contextmanager
def member_world(folder: Path, **others: Any) -> Iterator[World]:
    """Make an installation with pre-orders on, not started yet, and end it afterwards."""
    port = free_port()
    settings = make_settings(
        f"sqlite+aiosqlite:///{folder / 'members.db'}",
        public_url=f"http://localhost:{port}",
        enable_checkout=True,
        enable_preorders=True,
        **others,
    )
    world = World(settings, port, folder)
    world.begin()
    try:
        yield world
    finally:
        world.kill()

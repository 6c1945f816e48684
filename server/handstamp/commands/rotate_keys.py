"""`handstamp keys rotate`: let the reserve key sign, or distrust a key that leaked."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.plumbing.web import Services
from handstamp.tickets.models import SigningKey
from handstamp.tickets.signing_keys import rotate


def rotate_keys(
    compromised: Annotated[
        int | None,
        typer.Option(min=0, max=31, help="A key id that somebody else may know."),
    ] = None,
) -> None:
    """Replace the key that signs tickets; phones have had the next one for a day."""

    async def work(services: Services) -> None:
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            keys = await rotate(session, services, COMMAND_LINE, compromised=compromised)
            now = services.clock()
        for key in keys:
            say(f"key {key.key_id}: {_state(key, now)}")

    run(work)


def _state(key: SigningKey, now: int) -> str:
    if key.compromised_at is not None:
        return "compromised; its tickets count only where they are listed"
    if key.retired_at is not None and key.retired_at <= now:
        return "retired"
    if key.active_at is None:
        return "in reserve"
    if key.active_at > now:
        return f"signs from {datetime.fromtimestamp(key.active_at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return "signs now"

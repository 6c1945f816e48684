"""`handstamp webhooks`: what was given up, and trying it again."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.kit.clock import SECOND
from handstamp.plumbing.web import Services
from handstamp.webhooks.find_dead_letters import DeadLetter, find_dead_letters
from handstamp.webhooks.replay_event import replay

LetterIds = Annotated[list[str] | None, typer.Argument(help="Ids as `list` prints them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter there is.")]


def list_letters() -> None:
    """List events and other background work that was tried in vain."""

    async def work(services: Services) -> None:
        async with services.db.read() as session:
            letters = await find_dead_letters(session)
        for letter in letters:
            say(_line(letter))
        if not letters:
            say("There is no dead letter.")

    run(work)


def replay_letters(ids: LetterIds = None, every: All = False) -> None:
    """Try dead letters again; a running worker picks them up."""

    async def work(services: Services) -> None:
        wanted = list(ids or [])
        if every:
            async with services.db.read() as session:
                wanted = [letter.id for letter in await find_dead_letters(session)]
        for letter_id in wanted:
            async with services.db.write(actor="command line") as session:
                letter = await replay(session, COMMAND_LINE, letter_id)
            say(f"{letter.id} {letter.what}: queued again")
        if not wanted:
            say("Nothing was queued. Name ids, or use --all.")

    run(work)


def _line(letter: DeadLetter) -> str:
    since = datetime.fromtimestamp(letter.since / SECOND, UTC)
    about = f" {letter.about}" if letter.about else ""
    tries = f"{letter.attempts} tries"
    return f"{letter.id} {letter.what}{about}: {letter.error} ({tries}, {since:%Y-%m-%d %H:%M} UTC)"

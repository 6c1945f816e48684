"""`handstamp erase` and `handstamp export-person`: a person's rights, at the command line."""

import json
from pathlib import Path
from typing import Annotated

import typer

from handstamp.commands.running import COMMAND_LINE, run, say, stop
from handstamp.plumbing.web import Services
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import as_zip, export_person
from handstamp.privacy.journal import journal_path

Email = Annotated[str, typer.Argument(help="Their e-mail address.")]


def erase(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
) -> None:
    """Erase a person from every room; safe to repeat, refused while money of theirs is open."""
    if not yes:
        typer.confirm(f"Erase {email} for good? This cannot be undone.", abort=True)

    async def work(services: Services) -> None:
        erased = await erase_person(services, COMMAND_LINE, email)
        say(
            f"erased: {erased.orders} orders and {erased.preorders} pre-orders keep their amounts"
            f" without a name, tickets of {erased.events} events name nobody"
        )
        if erased.stripe:
            say("Stripe still keeps what belongs to: " + " ".join(erased.stripe))
        if not erased.in_journal:
            path = journal_path(services.settings)
            say(f"The journal {path} could not be written; a running server tries again hourly.")

    run(work)


def export(
    email: Email,
    target: Annotated[Path, typer.Argument(help="A file to make, .zip or .json.")],
) -> None:
    """Write all that is kept of a person into a file, to be handed to them."""
    if target.exists():
        stop(f"{target} is there already")
    if target.suffix not in (".zip", ".json"):
        stop("the file's name must end in .zip or .json")

    async def work(services: Services) -> None:
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            told = await export_person(session, services, COMMAND_LINE, email)
        content = (
            as_zip(told)
            if target.suffix == ".zip"
            else json.dumps(told, ensure_ascii=False, indent=2).encode()
        )
        target.touch(mode=0o600)
        target.write_bytes(content)
        say(f"written to {target}")

    run(work)

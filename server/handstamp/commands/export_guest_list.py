"""`handstamp export-guests`: an event's guest list as a CSV or XLSX file."""

from pathlib import Path
from typing import Annotated

import typer

from handstamp.commands.find_by_name import event_named
from handstamp.commands.running import COMMAND_LINE, MISUSED, progress, run, say, stop
from handstamp.plumbing.web import Services
from handstamp.tickets.export_guests import (
    COLUMNS,
    USUAL,
    begin_export,
    csv_pieces,
    file_name,
    xlsx_pieces,
)

PIECES = {".csv": csv_pieces, ".xlsx": xlsx_pieces}


def export_guest_list(
    event: Annotated[str, typer.Argument(help="The event's id or its address (slug).")],
    *,
    file: Annotated[
        Path | None, typer.Option("--file", "-o", help="Ends in .csv or .xlsx.")
    ] = None,
    columns: Annotated[
        str, typer.Option(help=f"With commas, of: {', '.join(COLUMNS)}.")
    ] = ",".join(USUAL),
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Write the guest list to a file; no cell of it begins a formula."""
    if file is not None and file.suffix.lower() not in PIECES:
        stop("--file ends in .csv or .xlsx", MISUSED)

    async def work(services: Services) -> None:
        chosen = [name.strip() for name in columns.split(",") if name.strip()]
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            found = await event_named(session, event)
            export = await begin_export(session, COMMAND_LINE, found.id, columns=chosen)
        target = file or Path(file_name(found, "csv"))
        pieces = PIECES[target.suffix.lower()]
        with target.open("wb" if force else "xb") as out, progress("writing") as done:
            async for piece in pieces(services, export):
                out.write(piece)
                done(len(piece))
        say(f"{target}: {target.stat().st_size:,} bytes")

    run(work)

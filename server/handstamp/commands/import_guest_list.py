"""`handstamp import-guests`: another system's guest list, looked at before it is taken over."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

from handstamp.commands.find_by_name import event_named, tier_named
from handstamp.commands.running import (
    COMMAND_LINE,
    MISUSED,
    err,
    out,
    progress,
    run,
    say,
    stop,
)
from handstamp.plumbing.web import Services
from handstamp.tickets.guest_columns import FIELDS
from handstamp.tickets.guest_file import MAX_BYTES, read_guest_file, says
from handstamp.tickets.import_guests import (
    Choices,
    Preview,
    commit_import,
    keep_upload,
    plan_import,
    preview_import,
    save_choices,
)

SHOWN = 20


def import_guest_list(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or XLSX, at most 5 MB.")],
    *,
    event: Annotated[str, typer.Option(help="The event's id or its address (slug).")],
    tier: Annotated[str, typer.Option(help="Tier of rows that name none.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="Where a field stands, such as email=3; given once, nothing is guessed."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="When the guess is wrong, such as cp1252.")] = "",
    create_tiers: Annotated[bool, typer.Option(help="Make tiers the event lacks.")] = False,
    leave_out_bad: Annotated[bool, typer.Option(help="Import although rows are bad.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Import a guest list: shows what would happen, asks, then takes it over whole or not at all.

    The same file again adds only what is not there yet.
    """
    content = _read(file)
    columns = _columns(column) if column else None

    async def work(services: Services) -> None:
        async with services.db.read() as session:
            found = await event_named(session, event)
            tier_id = (await tier_named(session, found.id, tier)).id if tier else None
        choices = Choices(
            columns=columns,
            encoding=encoding,
            tier_id=tier_id,
            create_tiers=create_tiers,
            leave_out_bad=leave_out_bad,
        )
        with progress("reading", 1) as done:
            await read_guest_file(content, encoding)
            done(1)
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            kept = await keep_upload(
                session, services, COMMAND_LINE, found.id, filename=file.name, content=content
            )
            await save_choices(session, COMMAND_LINE, found.id, kept.id, choices)
        plan = await plan_import(services, COMMAND_LINE, found.id, kept.id)
        async with services.db.read() as session:
            preview = await preview_import(session, COMMAND_LINE, plan)
        _show(preview)
        if not preview.ready:
            stop("nothing was imported. Correct the rows, or use --leave-out-bad")
        if preview.tickets and not yes and not typer.confirm("Import?", err=True):
            stop("nothing was imported")
        with progress("importing", preview.tickets) as done:
            async with services.db.write(actor=COMMAND_LINE.id) as session:
                result = await commit_import(session, services, COMMAND_LINE, plan, told=done)
        made = f", new tiers: {', '.join(result.tiers)}" if result.tiers else ""
        say(
            f"{result.tickets} tickets issued, {result.known} known already, "
            f"{result.left_out} left out, {result.bad} bad{made}"
        )

    run(work)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}", MISUSED)


def _columns(given: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for text in given:
        field, _, number = text.partition("=")
        if field not in FIELDS or not number.isascii() or not number.isdigit() or number == "0":
            stop(f"--column {text}: use FIELD=NUMBER from 1; fields: {', '.join(FIELDS)}", MISUSED)
        columns[field] = int(number) - 1
    return columns


def _show(preview: Preview) -> None:
    grid = Grid("field", "column", title=f"{preview.filename}: {preview.rows} rows")
    for field, column in preview.columns.items():
        grid.add_row(field, f"{column + 1} {preview.headings[column]}")
    out.print(grid)
    for tier in preview.tiers:
        goes = "" if tier.tier_id else "  (the event has no such tier)"
        out.print(f"  {tier.rows:>6} × {tier.name or 'no tier named'}{goes}", markup=False)
    for issue in preview.notes:
        err.print(f"note: {says(issue)}", markup=False)
    for issue in preview.bad[:SHOWN]:
        err.print(f"line {issue.line}: {says(issue)}", markup=False)
    if preview.bad_count > SHOWN:
        err.print(f"… and {preview.bad_count - SHOWN} more bad rows")
    say(
        f"{preview.tickets} to issue, {preview.known} known already, "
        f"{preview.left_out_count} left out, {preview.bad_count} bad"
    )

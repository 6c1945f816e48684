"""`handstamp export-logs`: the logs of an event's devices, a file for each."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from handstamp.checkin.export_log import file_name, log_pieces, open_log
from handstamp.checkin.models import Device
from handstamp.commands.find_by_name import event_named
from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.kit.ids import device_of_hex
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.web import Services


def export_logs(
    event: Annotated[str, typer.Argument(help="The event's id or its address (slug).")],
    *,
    device: Annotated[
        str, typer.Option(help="Only this device: 12 hexadecimal digits of its page.")
    ] = "",
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path(),
    force: Annotated[bool, typer.Option(help="Write over files that are there.")] = False,
) -> None:
    """Write each device's log to a file that `handstamp verify-log` checks anywhere."""

    async def work(services: Services) -> None:
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            found = await event_named(session, event)
            query = select(Device.id).where(Device.event_id == found.id).order_by(Device.created_at)
            ids = list(await session.scalars(query))
            chosen = [one for one in ids if not device or one == device_of_hex(device)]
            if device and not chosen:
                raise NotFound(f"This event has no device {device}.")
            devices = [await open_log(session, COMMAND_LINE, one) for one in chosen]
        for one in devices:
            target = folder / file_name(one)
            with target.open("wb" if force else "xb") as out:
                async for piece in log_pieces(services, one.id):
                    out.write(piece)
            say(f"{target}: {one.name}, {target.stat().st_size:,} bytes")
        if not devices:
            say("This event has no device yet.")

    run(work)

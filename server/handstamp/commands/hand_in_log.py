"""`handstamp hand-in-log`: what a phone saved as a file, when the phone cannot send it itself."""

from pathlib import Path
from typing import Annotated

import typer

from handstamp.checkin.hand_in_file import hand_in_file
from handstamp.checkin.verify_log import lines_of
from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.plumbing.web import Services


def hand_in_log(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Logs of phones.")],
) -> None:
    """Verify logs that phones saved, and store what is not here yet; again changes nothing."""

    async def work(services: Services) -> None:
        for path in files:
            with path.open("rb") as file:
                done = await hand_in_file(services, COMMAND_LINE, list(lines_of(file.readline)))
            say(f"{path}: {done.device.name}, {done.entries} entries, {done.new} of them new.")

    run(work)

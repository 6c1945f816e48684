"""`handstamp verify-log`: is a device's log what the device wrote? Needs no database."""

import base64
import binascii
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from handstamp.checkin.log_file import b64, key_words
from handstamp.checkin.log_words import fault_words
from handstamp.checkin.verify_log import LogReport, lines_of, verify_log
from handstamp.commands.running import MISUSED, REFUSED, say, stop

STDIN = "-"


def verify_logs(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Log files; - reads standard input.")
    ],
    *,
    key: Annotated[
        str,
        typer.Option(
            help="The server's public key, as `handstamp keys show` prints it, or a file with it."
        ),
    ] = "",
) -> None:
    """Verify logs of devices: certificate, order, chain, signatures; names the first bad line.

    Ends with 0 when every log holds, 1 when one does not, 2 when one cannot be read.
    """
    pinned = _read_key(key) if key else None
    reports = [_verified(name, pinned) for name in files]
    if any(report.fault for report in reports):
        raise typer.Exit(REFUSED)


def _verified(name: str, pinned: bytes | None) -> LogReport:
    try:
        if name == STDIN:
            report = verify_log(lines_of(sys.stdin.buffer.readline), pinned)
        else:
            with Path(name).open("rb") as file:
                report = verify_log(lines_of(file.readline), pinned)
    except OSError as error:
        stop(f"{name} cannot be read: {error.strerror}", MISUSED)
    _tell(name, report, pinned is not None)
    return report


def _tell(name: str, report: LogReport, pinned: bool) -> None:
    if report.fault is not None:
        say(f"{name}: BAD at line {report.fault.line}. {fault_words(report.fault)}")
        return
    told = report.certificate
    named = " · ".join(str(told[part]) for part in ("name", "gate") if told.get(part))
    written = datetime.fromtimestamp(report.at / 1000, UTC)
    say(f"{name}: holds.")
    say(f"  device      {report.device:012x}  {_plain(named)}")
    say(f"  event       {report.event}")
    counted = f"{report.facts}, numbered 1 to {report.last_number}" if report.facts else "none"
    say(f"  entries     {counted}")
    for branch in report.branches if len(report.branches) > 1 else ():
        say(f"  branch      leaves after entry {branch.after}, ends with entry {branch.end}")
    say(f"  written     {written:%Y-%m-%d %H:%M:%S} UTC by the {report.by}")
    say(f"  server key  {b64(report.server_key)}  ({key_words(report.server_key)})")
    if not pinned:
        say("  The key is the one the file names. With --key it is compared with your server's.")


def _plain(text: str) -> str:
    """Keep what a certificate says from steering the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _read_key(text: str) -> bytes:
    given = text.strip()
    path = Path(given)
    try:
        if len(given) != 44 and path.is_file():
            given = path.read_text().strip()
        key = base64.b64decode(given, validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        stop("--key is 44 letters of base64, as `handstamp keys show` prints them", MISUSED)
    return key

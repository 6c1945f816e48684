"""Can tickets be drawn, and names of which scripts? Asked once per process, and told at start."""

import asyncio

import structlog

from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.pdf.scripts import SCRIPTS
from handstamp.pdf.ticket_pdf import FONTS, pool_of
from handstamp.plumbing.health import Ill
from handstamp.plumbing.web import Services

HEALTH_WAITS_S = 2.0
START_S = 10.0
_log = structlog.get_logger("handstamp.pdf")


async def missing_scripts(services: Services) -> list[str]:
    """Return the scripts that no font of this machine draws; remembered once known.

    Who stops waiting does not stop the asking.

    Raises:
        DrawingFailed: nothing can be drawn at all.
    """
    if FONTS not in services.rooms:
        services.rooms[FONTS] = asyncio.create_task(_ask(services))
    asked: asyncio.Task[list[str]] = services.rooms[FONTS]
    try:
        return await asyncio.shield(asked)
    except DrawingFailed:
        if services.rooms.get(FONTS) is asked:
            del services.rooms[FONTS]
        raise


def advice(missing: list[str]) -> str:
    """Say in one line which scripts lack a font and what to install; "" when none does."""
    if not missing:
        return ""
    packages = sorted({SCRIPTS[name].package for name in missing})
    return (
        f"no font for {', '.join(missing)}: on Debian, apt-get install {' '.join(packages)} "
        "(docs/fonts.md)"
    )


async def check_fonts(services: Services) -> str:
    """Health: whether PDF tickets can be drawn; missing scripts are told, not an illness.

    Raises:
        Ill: Pango is not installed, or drawing fails.
    """
    try:
        async with asyncio.timeout(HEALTH_WAITS_S):
            missing = await missing_scripts(services)
    except TimeoutError:
        return "fonts are being looked at"
    except DrawingFailed as error:
        raise Ill(f"PDF tickets cannot be drawn: {error}") from error
    return advice(missing) or "every script has a font"


async def warn_of_fonts(services: Services, *, after_s: float = START_S) -> None:
    """Write a warning to the log when scripts lack a font, or nothing can be drawn.

    It waits a little first: a server that starts has more urgent work.
    """
    await asyncio.sleep(after_s)
    try:
        missing = await missing_scripts(services)
    except DrawingFailed as error:
        _log.warning("pdf_unavailable", reason=str(error))
        return
    if missing:
        _log.warning("fonts_missing", scripts=missing, advice=advice(missing))


async def _ask(services: Services) -> list[str]:
    head, _body = await pool_of(services).ask({"check": True})
    return list(head["missing"])

"""Can mails be handed over? Asked at most twice a minute, however often health is read."""

from handstamp.kit.clock import SECOND
from handstamp.mail.transport import MailDelayed, transport_of
from handstamp.plumbing.health import Ill
from handstamp.plumbing.web import Services

ROOM = "mail.health"
REMEMBER = 30 * SECOND


async def check_mail(of: Services) -> str:
    """Connect to the mail server.

    Raises:
        Ill: it cannot be reached, or none is set.
    """
    now = of.clock()
    asked, trouble = of.rooms.get(ROOM, (None, ""))
    if asked is None or now - asked >= REMEMBER:
        trouble = ""
        try:
            await transport_of(of).check()
        except MailDelayed as error:
            trouble = str(error)
        of.rooms[ROOM] = (now, trouble)
    if trouble:
        raise Ill(f"the mail server cannot be used: {trouble}")
    return "demo: mails are shown on a page" if of.settings.demo else "reachable"

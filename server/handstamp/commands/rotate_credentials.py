"""`handstamp pool rotate-key`: seal credentials of tickets from elsewhere with a new key."""

from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.plumbing.web import Services
from handstamp.pool.rotate_key import rotate_key


def rotate_credentials() -> None:
    """Replace the key of credentials; the worker then seals everything anew, piece by piece."""

    async def work(services: Services) -> None:
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            key_id, old = await rotate_key(session, services, COMMAND_LINE)
        say(f"key {key_id} seals from now on; the worker seals {old} credentials anew")

    run(work)

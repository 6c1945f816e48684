"""`handstamp admin create`: a first administrator, who cannot be mailed yet."""

from typing import Annotated

import typer

from handstamp.auth.create_user import create_user
from handstamp.auth.make_sign_in_link import make_sign_in_link
from handstamp.commands.running import COMMAND_LINE, run, say
from handstamp.kit.clock import HOUR
from handstamp.plumbing.web import Services


def create_admin(
    email: Annotated[str, typer.Argument(help="Their e-mail; an account that exists is raised.")],
    name: Annotated[str, typer.Option(help="Their name.")] = "",
) -> None:
    """Make somebody an administrator; prints a link that signs them in once within an hour."""

    async def work(services: Services) -> None:
        async with services.db.write(actor=COMMAND_LINE.id) as session:
            user = await create_user(session, email, name=name, is_admin=True)
            link = await make_sign_in_link(
                session, services, user, life=HOUR, next_path="/tickets/organizer"
            )
        say(f"{user.email} is an administrator. Sign in within an hour:")
        say(link)

    run(work)

"""What every request handler needs: the services of this process, and who is asking."""

from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from handstamp.kit.clock import Clock, system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Database
from handstamp.plumbing.errors import Forbidden, NotFound, SwitchedOff, Unauthenticated
from handstamp.plumbing.pubsub import Signals
from handstamp.plumbing.texts import _

RUN_BY = frozenset({"owner", "manager"})  # the roles that run an organizer's events


@dataclass(frozen=True)
class Actor:
    """Who makes a request, as far as every room needs to know.

    `kind`: "nobody", "user", "admin" or "system". `organizers`: id to role, of a person's teams:
    owner and manager run its events, support helps its members with their tickets.
    """

    kind: str = "nobody"
    id: str = ""
    email: str = ""
    organizers: dict[str, str] = field(default_factory=dict)
    ip: str = ""

    def may_manage(self, organizer_id: str) -> bool:
        """Tell whether this actor runs that organizer's events."""
        return self.kind in ("admin", "system") or self.organizers.get(organizer_id) in RUN_BY

    def may_support(self, organizer_id: str) -> bool:
        """Tell whether this actor helps that organizer's members; who runs its events may too."""
        return self.kind in ("admin", "system") or organizer_id in self.organizers

    @property
    def managed(self) -> list[str]:
        """The organizers whose events this person runs, by id."""
        return [one for one, role in self.organizers.items() if role in RUN_BY]


NOBODY = Actor()
SYSTEM = Actor(kind="system", id="system")


@dataclass
class Services:
    """What a composition root builds once and hands to every request, job and command.

    `rooms` holds what one room keeps for the life of the process, under the room's name
    (the door's batcher and broadcaster, for example); only that room reads it.
    """

    settings: Settings
    db: Database
    clock: Clock
    signals: Signals
    rooms: dict[str, Any] = field(default_factory=dict)


def build_services(settings: Settings, clock: Clock = system_clock) -> Services:
    """Build what one process shares; the caller starts and stops signals, closes the database."""
    db = Database(settings.database_url, settings.pool_size)
    signals = Signals(settings.database_url)
    db.clock = clock
    db.wake_jobs = lambda: signals.publish("job")
    return Services(settings=settings, db=db, clock=clock, signals=signals)


def services(connection: HTTPConnection) -> Services:
    """Return the services of the process that serves this request."""
    return cast("Services", connection.app.state.services)


def actor(connection: HTTPConnection) -> Actor:
    """Return who asks, as the sign-in middleware found."""
    return cast("Actor", getattr(connection.state, "actor", NOBODY))


def is_foreign(connection: HTTPConnection) -> bool:
    """Tell whether a browser says that a page of another site made this request."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    own = {services(connection).settings.public_url, str(connection.base_url)}
    return origin not in {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in own}


def require_user(connection: HTTPConnection) -> Actor:
    """Return the signed-in person.

    Raises:
        Unauthenticated: nobody is signed in.
    """
    who = actor(connection)
    if who.kind == "nobody":
        raise Unauthenticated("Please sign in, then try again.")
    return who


def require_organizer(connection: HTTPConnection, organizer_id: str) -> Actor:
    """Return the signed-in person if they run this organizer's events.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: it belongs to somebody else; its existence is not told.
    """
    who = require_user(connection)
    if not who.may_manage(organizer_id):
        raise NotFound("There is nothing here that you may see.")
    return who


def require_admin(connection: HTTPConnection) -> Actor:
    """Return the signed-in administrator.

    Raises:
        Forbidden: signed in, but not an administrator.
    """
    who = require_user(connection)
    if who.kind != "admin":
        raise Forbidden("Only an administrator may do this.")
    return who


def check_admin(actor: Actor) -> None:
    """Refuse whoever does not run this server.

    Raises:
        Forbidden: the actor is neither an administrator nor the server itself.
    """
    if actor.kind not in ("admin", "system"):
        raise Forbidden(_("Only an administrator may do this."))


def require_ticketing(connection: HTTPConnection) -> None:
    """Refuse new work while ticketing is off.

    Raises:
        SwitchedOff: ticketing is switched off on this server.
    """
    if not services(connection).settings.enable_ticketing:
        raise SwitchedOff("Ticketing is switched off on this server.")


def require_checkout(connection: HTTPConnection) -> None:
    """Refuse new sales while their flag is off.

    Raises:
        SwitchedOff: ticketing or checkout is switched off on this server.
    """
    settings = services(connection).settings
    if not (settings.enable_ticketing and settings.enable_checkout):
        raise SwitchedOff("Tickets are not sold on this server at the moment.")


def require_preorders(connection: HTTPConnection) -> None:
    """Refuse new pre-orders while their flag is off.

    Raises:
        SwitchedOff: ticketing or pre-orders are switched off on this server.
    """
    settings = services(connection).settings
    if not (settings.enable_ticketing and settings.enable_preorders):
        raise SwitchedOff("Pre-orders are switched off on this server at the moment.")


def require_refunds(connection: HTTPConnection) -> None:
    """Refuse new refunds while their flag is off; those that were asked for finish.

    Raises:
        SwitchedOff: ticketing or refunds are switched off on this server.
    """
    settings = services(connection).settings
    if not (settings.enable_ticketing and settings.enable_refunds):
        raise SwitchedOff("Refunds are switched off on this server at the moment.")


def require_payouts(connection: HTTPConnection) -> None:
    """Refuse new work on organizers' accounts for payouts while its flag is off.

    Raises:
        SwitchedOff: ticketing or payouts are switched off on this server.
    """
    settings = services(connection).settings
    if not (settings.enable_ticketing and settings.enable_payouts):
        raise SwitchedOff("Accounts for payouts cannot be connected at the moment.")


def require_scanning(connection: HTTPConnection) -> None:
    """Refuse new door work while its flag is off.

    Raises:
        SwitchedOff: ticketing or scanning is switched off on this server.
    """
    settings = services(connection).settings
    if not (settings.enable_ticketing and settings.enable_scanning):
        raise SwitchedOff("Scanning is switched off on this server. Phones keep their scans.")

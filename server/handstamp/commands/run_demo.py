"""`handstamp demo`: an event tonight and a shop on this computer, kept between starts."""

import socket
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from handstamp.auth.make_sign_in_link import make_sign_in_link
from handstamp.checkin.pair_device import make_pairing_code
from handstamp.commands.running import (
    COMMAND_LINE,
    out,
    progress,
    read_settings,
    run_plainly,
    services_of,
    stop,
)
from handstamp.commands.serve import Host, Port, bind, listen
from handstamp.demo.organizer import demo_user
from handstamp.demo.pool_file import PATH as POOL_FILE
from handstamp.demo.seed_club import club_member, seed_club
from handstamp.demo.seed_event import Demo, seed
from handstamp.demo.seed_pool import seed_pool
from handstamp.demo.seed_selling import seed_selling
from handstamp.demo.site import elsewhere
from handstamp.demo.stripe_double import (
    CARDS,
    KEY,
    PUBLISHABLE_KEY,
    Double,
    NoDouble,
    StartingDouble,
    beside,
    running_double,
)
from handstamp.events.find_events import owned_event
from handstamp.kit.clock import DAY
from handstamp.payments.gateway import close_gateway
from handstamp.plumbing.config import Settings, secret_from_file
from handstamp.plumbing.migrate import migrate
from handstamp.plumbing.web import Services

PHONES = (("Phone 1", "North gate"), ("Phone 2", "South gate"))

Folder = Annotated[Path, typer.Option(help="Where the demo keeps its data.")]
PublicUrl = Annotated[
    str, typer.Option(envvar="HANDSTAMP_PUBLIC_URL", help="Address of a proxy in front of it.")
]


def run_demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    folder: Folder = Path("var/demo"),
    public_url: PublicUrl = "",
) -> None:
    """Start events with 500 guests and a shop; what was scanned and sold stays."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = secret_from_file(folder / "secret")
    with bind(host, port) as listener, _double(folder, listener, secret) as starting:
        own = f"http://localhost:{listener.getsockname()[1]}"
        values = _values(folder, public_url or own, secret)
        links: dict[str, str] = {}
        settings = run_plainly(_prepare(values, starting, links))
        listen(settings, listener, lambda: _tell(links))


def _double(
    folder: Path, listener: socket.socket, secret: str
) -> AbstractContextManager[StartingDouble]:
    here = listener.getsockname()[1]
    loopback = "[::1]" if listener.family == socket.AF_INET6 else "127.0.0.1"
    return running_double(folder, beside(here), f"http://{loopback}:{here}", secret)


def _values(folder: Path, public_url: str, secret: str) -> dict[str, Any]:
    return {
        "database_url": f"sqlite+aiosqlite:///{folder / 'handstamp.db'}",
        "secret": secret,
        "public_url": public_url.rstrip("/"),
        "demo": True,
        "enable_ticketing": True,
        "enable_scanning": True,
        "enable_checkout": True,
        "enable_payouts": True,
        "enable_preorders": True,
        "enable_refunds": True,
        "stripe_secret_key": KEY,
        "stripe_publishable_key": PUBLISHABLE_KEY,
        "open_registration": True,
        "run_worker": True,
        "log_level": "WARNING",
    }


def _settings_with(values: dict[str, Any], double: Double) -> Settings:
    return read_settings(
        **values,
        stripe_api_url=double.url,
        stripe_webhook_secret=double.platform_secret,
        stripe_connect_webhook_secret=double.connect_secret,
    )


async def _prepare(
    values: dict[str, Any], starting: StartingDouble, links: dict[str, str]
) -> Settings:
    with progress("preparing tonight's event", 6) as done:
        plain = read_settings(**values)
        await migrate(plain)
        done(1)
        async with services_of(plain) as services:
            demo = await seed(services)
        done(1)
        try:
            double = starting.ready()
        except NoDouble as error:
            stop(str(error))
        settings = _settings_with(values, double)
        async with services_of(settings) as services:
            try:
                await seed_selling(services, double, demo)
                done(1)
                club = await seed_club(services, double, demo.organizer)
                done(1)
                pool = await seed_pool(services, double, demo.organizer)
                done(1)
                links |= await _links(services, settings, demo, double, club)
                links["pool"] = f"{settings.public_url}/tickets/organizer/events/{pool}/pool/upload"
                links["pool file"] = settings.public_url + POOL_FILE
                done(1)
            finally:
                await close_gateway(services)
    return settings


async def _links(
    services: Services, settings: Settings, demo: Demo, double: Double, club: str
) -> dict[str, str]:
    at = settings.public_url + "/tickets"
    links = {"shop": f"{at}/events"}
    async with services.db.write(actor=COMMAND_LINE.id) as session:
        links["organizer"] = await make_sign_in_link(
            session,
            services,
            await demo_user(session),
            life=DAY,
            next_path=f"/tickets/organizer/events/{demo.tonight}",
        )
        links["club"] = await make_sign_in_link(
            session, services, await club_member(session), life=DAY, next_path="/tickets/me/"
        )
        event = await owned_event(session, COMMAND_LINE, demo.tonight)
        for name, gate in PHONES:
            code = await make_pairing_code(
                session, services, COMMAND_LINE, event, name=name, gate=gate
            )
            links[name.lower()] = f"{at}/checkin/?pair={code}"
    return links | {
        "club desk": f"{at}/organizer/club/{club}",
        "my tickets": f"{at}/mine",
        "codes": f"{at}/demo/codes",
        "website": elsewhere(settings.public_url),
        "QR sheet": f"{at}/organizer/events/{demo.tonight}/sheet",
        "mail": f"{at}/demo/mail",
        "Stripe": double.url,
    }


def _tell(links: dict[str, str]) -> None:
    out.print("ready\n")
    for name, link in links.items():
        out.print(f"  {name:<10} {link}", markup=False)
    out.print(
        "\n  Tickets of a club: download “pool file”, upload it at “pool”, and see", markup=False
    )
    out.print(
        "  your own at “club”, once its card is charged and you have committed.", markup=False
    )
    out.print("\n  No money moves: payments go to a double of Stripe. Cards for it:", markup=False)
    for card, what in CARDS:
        out.print(f"    {card}  {what}", markup=False)
    out.print(
        "\nStop with Ctrl-C; scans and sales are kept. `make demo-reset` starts anew.", markup=False
    )

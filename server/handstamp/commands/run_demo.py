"""`handstamp demo`: an event tonight on this computer, kept between starts."""

from pathlib import Path
from typing import Annotated

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
)
from handstamp.commands.serve import Host, Port, bind, listen
from handstamp.demo.organizer import demo_user
from handstamp.demo.seed_event import seed
from handstamp.events.find_events import owned_event
from handstamp.kit.clock import DAY
from handstamp.plumbing.config import Settings, secret_from_file
from handstamp.plumbing.migrate import migrate

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
    """Start an event tonight with 500 guests; what was scanned stays for the next start."""
    with bind(host, port) as listener:
        own = f"http://localhost:{listener.getsockname()[1]}"
        settings = _settings(folder, public_url or own)
        links: dict[str, str] = {}
        run_plainly(_prepare(settings, links))
        listen(settings, listener, lambda: _tell(links))


def _settings(folder: Path, public_url: str) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    return read_settings(
        database_url=f"sqlite+aiosqlite:///{folder / 'handstamp.db'}",
        secret=secret_from_file(folder / "secret"),
        public_url=public_url.rstrip("/"),
        demo=True,
        enable_ticketing=True,
        enable_scanning=True,
        open_registration=True,
        run_worker=True,
        log_level="WARNING",
    )


async def _prepare(settings: Settings, links: dict[str, str]) -> None:
    with progress("preparing tonight's event", 3) as done:
        await migrate(settings)
        done(1)
        async with services_of(settings) as services:
            demo = await seed(services)
            done(1)
            at = settings.public_url + "/tickets"
            async with services.db.write(actor=COMMAND_LINE.id) as session:
                links["organizer"] = await make_sign_in_link(
                    session,
                    services,
                    await demo_user(session),
                    life=DAY,
                    next_path=f"/tickets/organizer/events/{demo.tonight}",
                )
                event = await owned_event(session, COMMAND_LINE, demo.tonight)
                for name, gate in PHONES:
                    code = await make_pairing_code(
                        session, services, COMMAND_LINE, event, name=name, gate=gate
                    )
                    links[name.lower()] = f"{at}/checkin/?pair={code}"
            links["codes"] = f"{at}/demo/codes"
            links["QR sheet"] = f"{at}/organizer/events/{demo.tonight}/sheet"
            links["mail"] = f"{at}/demo/mail"
            done(1)


def _tell(links: dict[str, str]) -> None:
    out.print("ready\n")
    for name, link in links.items():
        out.print(f"  {name:<10} {link}", markup=False)
    out.print("\nStop with Ctrl-C; scans are kept. `make demo-reset` starts anew.", markup=False)

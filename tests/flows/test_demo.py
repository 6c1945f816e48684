"""The demo as a newcomer starts it: a process that says `ready`, keeps scans, starts anew."""

import base64
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image, ImageDraw

HANDSTAMP = Path(sys.executable).parent / "handstamp"
PATIENCE = 60.0  # another test may have the machine
_TICKETS = "SELECT count(*) FROM tickets_tickets"
get = partial(httpx2.get, timeout=PATIENCE)
post = partial(httpx2.post, timeout=PATIENCE)


class Demo:
    """One demo on a free port: its addresses by name, until it is ended by a signal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.links: dict[str, str] = {}

    def start(self) -> None:
        """Start it and read what it says; what its folder holds is kept."""
        self.process = subprocess.Popen(
            [HANDSTAMP, "demo", "--port", "0", "--folder", str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if "HANDSTAMP_" not in name},
        )
        out = self.process.stdout
        assert out is not None
        first = out.readline()
        if first != "ready\n":
            pytest.fail(first + "".join(self.process.communicate()))
        self.links = {}
        for line in out:
            found = re.match(r"  (\S.*?)\s+(http://\S+)$", line)
            if found:
                self.links[found[1]] = found[2]
            if line.startswith("Stop with"):
                break

    def end(self, how: signal.Signals) -> None:
        """End it; it complains of nothing."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        assert "Traceback" not in errors, errors


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo of all these tests; who ends it starts it again."""
    made = Demo(tmp_path_factory.mktemp("demo"))
    made.start()
    yield made
    made.end(signal.SIGINT)


def count(folder: Path, question: str) -> int:
    """Ask the demo's database for a number."""
    with sqlite3.connect(folder / "handstamp.db") as connection:
        return int(connection.execute(question).fetchone()[0])


def eventually(folder: Path, question: str, wanted: int) -> bool:
    """Wait until the demo's worker has brought a number about."""
    end = time.monotonic() + PATIENCE
    while (found := count(folder, question)) != wanted:
        assert time.monotonic() < end, f"{question}: {found}"
        time.sleep(0.1)
    return True


def pair(links: dict[str, str], name: str) -> httpx2.Response:
    """Pair a phone by its printed link, as the door app does."""
    address, _, code = links[name].partition("?pair=")
    public = Ed25519PrivateKey.generate().public_key()
    key = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return post(
        address.replace("/tickets/checkin/", "/api/tickets/checkin/pair"),
        json={"code": code, "public_key": base64.b64encode(key).decode()},
    )


def test_it_starts_with_guests_codes_and_two_phones(demo: Demo) -> None:
    links, folder = demo.links, demo.folder
    assert {*links} == {
        *("shop", "organizer", "phone 1", "phone 2", "my tickets"),
        *("codes", "QR sheet", "mail", "Stripe", "club", "club desk", "pool", "pool file"),
        "website",
    }
    page = get(links["codes"])
    assert page.status_code == 200
    assert page.text.count('class="white"') == 17
    first, second = (pair(links, name).json() for name in ("phone 1", "phone 2"))
    assert first["device"] != second["device"]
    assert first["event"]["id"] == second["event"]["id"]
    assert pair(links, "phone 1").status_code == 410
    bearer = {"Authorization": f"Bearer {first['credential']}"}
    address = links["codes"].replace("/tickets/demo/codes", "/api/tickets/checkin/snapshot")
    assert get(address, headers=bearer).status_code == 200
    assert get(links["organizer"]).status_code == 200
    assert eventually(folder, f"{_TICKETS} WHERE status='refunded'", 14)
    assert eventually(folder, f"{_TICKETS} WHERE status='disputed'", 4)
    tonight = "event_id = (SELECT id FROM tickets_events ORDER BY start_at LIMIT 1)"
    assert count(folder, f"{_TICKETS} WHERE {tonight}") == 551
    assert count(folder, f"{_TICKETS} WHERE epoch=2") == 2


def test_the_shop_sells_events_in_every_state(demo: Demo) -> None:
    links, folder = demo.links, demo.folder
    page = get(links["shop"])
    for title in ("Sunday Sketch Club", "Lantern Walk", "Letterpress Weekend", "Stamp Ball"):
        assert title in page.text
    assert "Night Market of Zines" in page.text
    assert get(links["my tickets"]).status_code == 200
    bank = get(links["Stripe"])
    assert "25.00 CAD" in bank.text
    health = get(links["shop"].replace("/tickets/events", "/api/tickets/health"))
    assert "last event" in health.text, health.text
    assert count(folder, "SELECT count(*) FROM tickets_orders") == 10
    assert count(folder, "SELECT count(*) FROM tickets_payment_accounts WHERE charges_enabled") == 1
    assert count(folder, "SELECT count(*) FROM tickets_organizers") == 2
    assert count(folder, "SELECT count(*) FROM tickets_waiting WHERE status = 'waiting'") == 3


def test_members_wait_for_the_tickets_of_the_file(demo: Demo) -> None:
    waiting = "SELECT count(*) FROM tickets_pool_demands WHERE status = 'waiting'"
    assert eventually(demo.folder, waiting, 4)  # their cards are charged
    file = get(demo.links["pool file"])
    assert file.headers["content-disposition"] == 'attachment; filename="tickets.csv"'
    lines = file.text.splitlines()
    assert lines[0] == "Event,Variant,Email,Password"
    assert len(lines) == 7
    assert "/pool/upload" in demo.links["pool"]


def test_a_camera_reads_what_is_on_the_page_of_codes(demo: Demo) -> None:
    cards = get(demo.links["codes"]).text.split("<li>")[1:]
    texts: dict[str, str] = {}
    for card in cards:
        label = re.search(r"<strong>(.*?)</strong>", card)
        assert label
        texts.setdefault(label[1], read_qr(card))
    assert all(re.fullmatch(r"HS[0-9A-Z]{120}", text) for text in texts.values())
    old, new = texts["re-issued: the old code"], texts["re-issued: the new code"]
    assert old != new
    assert texts["forged"][:-1] == texts["valid"][:-1]
    assert texts["forged"] != texts["valid"]


def test_a_taken_port_is_said_plainly(demo: Demo, tmp_path: Path) -> None:
    port = demo.links["codes"].split(":")[2].split("/")[0]
    done = subprocess.run(
        [HANDSTAMP, "demo", "--port", port, "--folder", str(tmp_path / "two")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "PORT=" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_double_of_stripe_and_starts_with_what_is_there(
    demo: Demo, how: signal.Signals
) -> None:
    phones = "SELECT count(*) FROM tickets_devices WHERE kind='phone'"
    devices, bank = count(demo.folder, phones), demo.links["Stripe"]
    assert get(bank).status_code == 200
    demo.end(how)
    assert is_gone(bank), "the double lives on"
    demo.start()
    assert pair(demo.links, "phone 2").status_code == 200
    assert count(demo.folder, phones) == devices + 1
    assert count(demo.folder, "SELECT count(*) FROM tickets_events") == 11
    circle = "(SELECT id FROM tickets_clubs WHERE name = 'Ink Room Circle')"
    of_circle = f"tickets_pre_orders WHERE club_id = {circle}"
    wishes = f"SELECT count(*) FROM {of_circle} AND card_last4 <> '' AND status = "
    assert count(demo.folder, f"{wishes}'approved'") == 5  # due to be charged
    assert count(demo.folder, f"{wishes}'pending'") == 9
    assert count(demo.folder, _TICKETS) == 1159
    assert count(demo.folder, "SELECT count(*) FROM tickets_orders") == 10


def is_gone(address: str) -> bool:
    """Wait until nobody answers at an address; False when somebody goes on to."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            get(address)
        except httpx2.ConnectError:
            return True
        time.sleep(0.1)
    return False


def read_qr(svg: str) -> str:
    """Draw an SVG of stroked rows as segno writes it and read it as a camera would."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    path = re.search(r'<path[^>]* d="([^"]+)"[^>]*class="qrline"', svg) or re.search(
        r'class="qrline"[^>]* d="([^"]+)"', svg
    )
    assert size
    assert path, svg[:400]
    scale = 6
    image = Image.new("L", (int(size[1]) * scale, int(size[2]) * scale), 255)
    draw = ImageDraw.Draw(image)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path[1]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            top = (y - 0.5) * scale
            draw.rectangle((x * scale, top, (x + values[0]) * scale - 1, top + scale - 1), fill=0)
            x += values[0]
    (found,) = zxingcpp.read_barcodes(image)
    return found.text

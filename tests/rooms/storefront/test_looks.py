"""The public pages speak every language and share the door's colours by night."""

import re
from pathlib import Path

import pytest
from tests.rooms.orders.sale import Sale
from tests.rooms.portal.conftest import words
from tests.rooms.storefront.conftest import Shopper

from handstamp.portal.routes import _TOKENS as TOKENS

ROOT = Path(__file__).parents[3]
DARK = ROOT / "server" / "handstamp" / "portal" / "static" / "styles" / "dark.css"
_MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[A-Za-z]{3,}")
_OPTIONS = re.compile(r"<option.*?</option>", re.S)
_IDS = re.compile(r"\S+-\S+-\d{8}-\w+|HS-\w{6}|\S+@\S+|hs_\w+")
NAMES = "Handstamp Paper Lanterns General Balcony Moon Gallery Grace Hopper Vancouver EUR UTC"
DATA = frozenset([*NAMES.split(" "), "Fri", "May"])


async def strays(shopper: Shopper, path: str) -> set[str]:
    """Return the words of a page that came through no catalogue."""
    answer = await shopper.http.get(path, headers={"Accept-Language": "qps"})
    left = _IDS.sub(" ", _MARKED.sub(" ", words(_OPTIONS.sub("", answer.text))))
    return set(_WORD.findall(left)) - DATA


@pytest.mark.anyio
async def test_every_string_is_translated(sale: Sale, shopper: Shopper) -> None:
    paid = await shopper.buy(sale, 2)
    await shopper.hold(sale, 1, 1)
    pending = shopper.path
    found = {
        path: await strays(shopper, path)
        for path in (
            "/tickets/events",
            "/tickets/events?q=nothing",
            f"/tickets/e/{sale.event.slug}",
            "/tickets/e/nothing",
            pending,
            f"{pending}/cancel",
            paid,
            f"{paid}/receipt",
            "/tickets/order/ord_nothing",
            "/tickets/mine",
            "/tickets/terms",
            "/tickets/privacy",
        )
    }
    assert {path: left for path, left in found.items() if left} == {}


def colors(css: str) -> dict[str, str]:
    """Return the custom properties of a piece of CSS."""
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", css))


def test_night_has_the_doors_colours() -> None:
    door = colors(TOKENS.read_text().partition('[data-theme="dark"]')[2].partition("}")[0])
    ours = colors(DARK.read_text())
    quiet = {name for name in ours if name.endswith("-fill") or name.startswith("--on-")}
    quiet |= {"--shadow", "--shadow-high", "--accent-strong"}
    shared = set(ours) - (quiet - {"--on-accent"})
    assert len(shared) > 10
    assert {name: ours[name] for name in shared} == {name: door.get(name) for name in shared}

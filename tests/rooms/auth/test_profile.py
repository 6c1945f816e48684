"""An organizer's profile: what buyers see of it, and pictures that hold nothing but pixels."""

import io
from typing import Any

import httpx2
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.factories.auth import Person, make_owner

from handstamp.auth.clean_logo import MAX_BYTES, clean_logo
from handstamp.auth.find_profile import profile_of
from handstamp.auth.models import Organizer
from handstamp.auth.rules import LEAST_CONTRAST, contrast_with_white, readable
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

SAID = {
    "legal_name": "Ink Room Events Ltd.",
    "legal_address": "12 Water Street\nVancouver BC",
    "tax_number": "GST 123456789 RT0001",
    "contact_email": "Hello@Example.org",
    "website": "https://ink.example.org",
    "brand_color": "#4A2FAE",
    "refund_policy": "Until the day before.",
}


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 120), **others: Any) -> bytes:
    """Draw a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, "#4a2fae").save(written, kind, **others)
    return written.getvalue()


@pytest.fixture
async def owner(services: Services) -> tuple[Person, Organizer]:
    return await make_owner(services)


def path(organizer: Organizer, tail: str = "profile") -> str:
    return f"/api/tickets/organizers/{organizer.id}/{tail}"


async def test_a_profile_is_empty_until_it_is_written(
    client: httpx2.AsyncClient, services: Services, owner: tuple[Person, Organizer]
) -> None:
    person, organizer = owner
    shown = (await client.get(path(organizer), headers=person.headers)).json()
    assert shown["name"] == organizer.name
    assert {name: shown[name] for name in SAID} == dict.fromkeys(SAID, "")
    saved = await client.put(path(organizer), headers=person.headers, json=SAID)
    assert saved.status_code == 200, saved.text
    wanted = {**SAID, "contact_email": "hello@example.org", "brand_color": "#4a2fae"}
    again = (await client.get(path(organizer), headers=person.headers)).json()
    assert {name: again[name] for name in SAID} == wanted
    async with services.db.read() as session:
        found = await profile_of(session, organizer.id)
    assert found.seller == "Ink Room Events Ltd."


async def test_another_organizers_profile_is_not_there(
    client: httpx2.AsyncClient, services: Services, owner: tuple[Person, Organizer]
) -> None:
    stranger, _other = await make_owner(services, "eve@example.org")
    for method, tail, body in (
        ("GET", "profile", None),
        ("PUT", "profile", b'{"legal_name": "Eve"}'),
        ("PUT", "logo", picture()),
        ("DELETE", "logo", None),
    ):
        headers = {**stranger.headers, "Content-Type": "application/json"}
        told = await client.request(method, path(owner[1], tail), headers=headers, content=body)
        assert told.status_code == 404, (method, tail)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("website", "javascript:alert(1)"),
        ("website", 'https://a.example/"><script>'),
        ("brand_color", "red"),
        ("brand_color", "#fff;}"),
        ("contact_email", "nobody"),
        ("legal_name", "two\nlines"),
        ("owner", "me"),
        ("language", "xx"),
        ("language", "fr\nBcc: eve@example.org"),
    ],
)
async def test_what_does_not_fit_a_field_is_refused(
    client: httpx2.AsyncClient, owner: tuple[Person, Organizer], member: str, value: str
) -> None:
    told = await client.put(path(owner[1]), headers=owner[0].headers, json={member: value})
    assert told.status_code == 400
    assert told.json()["errors"][0]["field"] == member


async def test_a_colour_must_bear_white_text(
    client: httpx2.AsyncClient, owner: tuple[Person, Organizer]
) -> None:
    told = await client.put(
        path(owner[1]), headers=owner[0].headers, json={"brand_color": "#ffcc00"}
    )
    assert told.status_code == 400
    assert readable("#ffcc00") in told.json()["detail"]


@pytest.mark.parametrize("color", ["#ffffff", "#ffcc00", "#00ff88", "#4a2fae", "#000000"])
def test_a_readable_shade_exists_for_every_colour(color: str) -> None:
    assert contrast_with_white(readable(color)) >= LEAST_CONTRAST


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)


async def test_a_logo_is_served_to_everybody_and_can_be_taken_away(
    client: httpx2.AsyncClient, owner: tuple[Person, Organizer]
) -> None:
    person, organizer = owner
    for kind, media_type in (("PNG", "image/png"), ("JPEG", "image/jpeg")):
        put = await client.put(
            path(organizer, "logo"), headers=person.headers, content=picture(kind)
        )
        assert put.status_code == 200, put.text
        shown = await client.get(put.json()["logo_path"])
        assert shown.headers["Content-Type"] == media_type
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert Image.open(io.BytesIO(shown.content)).size == (300, 120)
    gone = await client.delete(path(organizer, "logo"), headers=person.headers)
    assert gone.json()["logo_path"] == ""
    assert (await client.get(path(organizer, "logo"))).status_code == 404


def test_nothing_but_pixels_is_kept() -> None:
    script = "<script>alert(1)</script>"
    notes = PngInfo()
    notes.add_text("Comment", script)
    exif = Image.Exif()
    exif[0x010E] = script
    hostile = [
        picture(pnginfo=notes) + script.encode(),
        picture("JPEG", comment=script.encode(), exif=exif) + script.encode(),
    ]
    for content in hostile:
        assert script.encode() in content
        assert script.encode() not in clean_logo(content).content


def test_a_large_picture_is_made_smaller() -> None:
    kept = Image.open(io.BytesIO(clean_logo(picture(size=(3000, 500))).content))
    assert kept.size == (800, 133)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
        picture()[:60],
        picture("GIF"),
        picture("BMP"),
        picture(size=(3001, 20)),
        picture(size=(15, 15)),
        b"\xff\xd8\xff" + b"0" * MAX_BYTES,
    ],
    ids=["nothing", "svg", "header", "torn", "gif", "bmp", "wide", "tiny", "heavy"],
)
def test_what_is_no_fit_picture_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        clean_logo(content)


def test_a_picture_that_unpacks_too_far_is_refused_unopened() -> None:
    head = picture(size=(20, 20))
    width = (60_000).to_bytes(4, "big")
    with pytest.raises(BadInput):
        clean_logo(head[:16] + width + width + head[24:])

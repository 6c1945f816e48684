"""A picture that somebody uploads, taken apart and drawn anew: only pixels are kept."""

import io
from dataclasses import dataclass

from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _

MAX_BYTES = 1024 * 1024
MOST_PIXELS = 3000
KEPT_PIXELS = 800
_LEAST_PIXELS = 16
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg"}


@dataclass(frozen=True)
class Logo:
    """A PNG or JPEG of at most 800 pixels a side, written by this server."""

    content: bytes
    media_type: str


def clean_logo(content: bytes) -> Logo:
    """Read a PNG or JPEG and write it anew, without anything but its pixels.

    Raises:
        BadInput: it is no such picture, too heavy, too large or too small.
    """
    # Rare, and its library takes 4 MB.
    from PIL import Image, ImageOps  # noqa: PLC0415

    if len(content) > MAX_BYTES:
        raise _bad(_("Use a picture of at most 1 MB."))
    broken = (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    )
    try:
        with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as picture:
            kind = picture.format or ""
            if max(picture.size) > MOST_PIXELS or min(picture.size) < _LEAST_PIXELS:
                raise _bad(_("Use a picture of 16 to 3000 pixels a side."))
            upright = ImageOps.exif_transpose(picture)
            drawn = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    except broken as error:
        raise _bad(_("That is no PNG or JPEG picture that can be read.")) from error
    drawn.thumbnail((KEPT_PIXELS, KEPT_PIXELS))
    pixels = Image.new(drawn.mode, drawn.size)
    pixels.paste(drawn)
    written = io.BytesIO()
    pixels.save(written, kind, optimize=True)
    return Logo(written.getvalue(), _FORMATS[kind])


def _bad(message: str) -> BadInput:
    return BadInput(message, errors=[{"field": "logo", "message": message}])

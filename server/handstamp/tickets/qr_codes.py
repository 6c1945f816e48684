"""QR codes of tickets: level M, letters and digits only, always on a white card."""

import io

import segno

BORDER = 4
INK = "#000"
CARD = "#fff"


def qr_svg(text: str, *, title: str = "") -> str:
    """Draw a QR code as SVG for a page; it takes the size of its box. `title` is read aloud."""
    out = io.BytesIO()
    _code(text).save(
        out,
        kind="svg",
        border=BORDER,
        dark=INK,
        light=CARD,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        title=title or None,
    )
    return out.getvalue().decode()


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """Draw a QR code as PNG with `scale` pixels to a module."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", border=BORDER, scale=scale, dark=INK, light=CARD)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", mode="alphanumeric", boost_error=False)

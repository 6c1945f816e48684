"""An organizer's colour as paper and ink can bear it. Pure."""

import re

from handstamp.pdf.ticket_document import BRAND

LIGHT, DARK = "#ffffff", "#17131f"


def brand(color: str) -> str:
    """Return the colour when it is `#rrggbb`, else the house's."""
    return color.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else BRAND


def ink_on(color: str) -> str:
    """Return white or near-black, whichever reads better on a colour (WCAG contrast)."""
    light = _luminance(color)
    on_white = 1.05 / (light + 0.05)
    on_dark = (light + 0.05) / (_luminance(DARK) + 0.05)
    return LIGHT if on_white >= on_dark else DARK


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""The widget's script, by version: the file of each, and the hash by which a site pins it."""

import base64
import hashlib
from functools import cache
from pathlib import Path

LATEST = 1
_FOLDER = Path(__file__).parent.parent / "storefront" / "widgets"


def script_file(version: int) -> Path | None:
    """Return the file of a version; None where there is no such version."""
    return _FOLDER / f"{version}.js" if 1 <= version <= LATEST else None


@cache
def integrity(version: int) -> str:
    """Return what stands in `integrity` where a page pins a version that there is."""
    digest = hashlib.sha384((_FOLDER / f"{version}.js").read_bytes()).digest()
    return "sha384-" + base64.b64encode(digest).decode()

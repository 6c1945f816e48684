"""Make the fonts of the PDF tickets: Inter for Latin, Greek, Cyrillic and Vietnamese alone.

`python tools/subset_fonts.py` takes the pinned npm package, checks it, and writes small files
into server/handstamp/pdf/fonts with the licence beside them. Run it only to renew them.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "server" / "handstamp" / "pdf" / "fonts"
PACKAGE = "inter-ui@4.1.1"
SHA256 = "e392e4d71f18a7c1f23dfecd833d68fa05eeab41862686584e80fd2b5d87e9c0"
WEIGHTS = ("Regular", "Bold")
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "case"]
RANGES = [
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x036F),  # Latin of more languages, combining marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x1E00, 0x1FFF),  # Vietnamese, Greek of old texts
    (0x2000, 0x206F),  # dashes, quotes
    (0x20A0, 0x20CF),  # currencies
    (0x2100, 0x2193),  # № ™ arrows
    (0x2212, 0x2265),  # − ≠ ≤ ≥
    (0xFB01, 0xFB02),
    (0xFFFD, 0xFFFD),
]


def fetch(folder: Path) -> Path:
    """Bring the package and return the folder of its files.

    Raises:
        SystemExit: it is not the package that is known here.
    """
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (archive,) = folder.glob("*.tgz")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{PACKAGE} is not what it was")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder / "package"


def main() -> None:
    """Write the fonts and their licence."""
    options = subset.Options(
        layout_features=FEATURES, hinting=False, glyph_names=False, notdef_outline=True
    )
    options.recalc_timestamp = False
    letters = [letter for first, last in RANGES for letter in range(first, last + 1)]
    with tempfile.TemporaryDirectory() as folder:
        package = fetch(Path(folder))
        for weight in WEIGHTS:
            font = subset.load_font(str(package / "web" / f"Inter-{weight}.woff2"), options)
            maker = subset.Subsetter(options)
            maker.populate(unicodes=letters)
            maker.subset(font)
            font.flavor = "woff2"
            font.save(FONTS / f"Inter-{weight}.woff2")
        (FONTS / "OFL.txt").write_bytes((package / "LICENSE.txt").read_bytes())


if __name__ == "__main__":
    main()

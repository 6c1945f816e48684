"""Draws the app's icons (PNG) from the same stamp as pwa/icons/icon.svg."""

from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parent.parent / "pwa" / "icons"
PAPER = (11, 10, 16, 255)
INK = (186, 170, 255, 255)
SMOOTH = 4


def stamp(size: int, *, share: float, rounded: bool) -> Image.Image:
    """Return the tick in its rings on dark paper, `size` pixels a side.

    `share` is the part of the square that the stamp may take: a maskable icon keeps it in
    the middle 80 %, because phones cut its edges.
    """
    side = size * SMOOTH
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    if rounded:
        draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 0.22, fill=PAPER)
    else:
        draw.rectangle((0, 0, side, side), fill=PAPER)
    picture.alpha_composite(mark(side, share))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def mark(side: int, share: float) -> Image.Image:
    """Return the stamp alone, tilted as a hand would set it."""
    layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    unit = side * share / 120

    def at(x: float, y: float) -> tuple[float, float]:
        return side / 2 + (x - 60) * unit, side / 2 + (y - 60) * unit

    for radius, width in ((56.5, 9.0), (44.25, 2.5)):
        box = (*at(60 - radius, 60 - radius), *at(60 + radius, 60 + radius))
        draw.ellipse(box, outline=INK, width=round(width * unit))
    points = [at(36, 62), at(53, 79), at(85, 42)]
    draw.line(points, fill=INK, width=round(9 * unit), joint="curve")
    for x, y in points:
        dot = 4.5 * unit
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=INK)
    return layer.rotate(8, resample=Image.Resampling.BICUBIC)


def main() -> None:
    """Write every size that phones ask for."""
    stamp(192, share=0.68, rounded=True).save(ICONS / "icon-192.png", optimize=True)
    stamp(512, share=0.68, rounded=True).save(ICONS / "icon-512.png", optimize=True)
    stamp(512, share=0.54, rounded=False).save(ICONS / "maskable-512.png", optimize=True)
    touch = stamp(180, share=0.64, rounded=False).convert("RGB")
    touch.save(ICONS / "apple-touch-icon.png", optimize=True)


if __name__ == "__main__":
    main()

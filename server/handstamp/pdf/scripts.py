"""Scripts that names come in beyond the font we ship, and the Debian packages that draw them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """A few letters of a script, and the package that has its font."""

    sample: str
    package: str


SCRIPTS: dict[str, Script] = {
    "Arabic": Script("محمد", "fonts-noto-core"),
    "Hebrew": Script("שלום", "fonts-noto-core"),
    "Chinese": Script("李龍", "fonts-noto-cjk"),
    "Japanese": Script("さくラ", "fonts-noto-cjk"),
    "Korean": Script("김민", "fonts-noto-cjk"),
    "Devanagari": Script("देव", "fonts-noto-core"),
    "Thai": Script("ไทย", "fonts-noto-core"),
    "Emoji": Script("🎉", "fonts-noto-color-emoji"),
}

"""The shipped font: small, with its licence, and with every letter that it is said to have."""

import io
from importlib import resources

import pytest
from fontTools.ttLib import TTFont

FOLDER = resources.files("handstamp.pdf") / "fonts"
ALPHABETS = {
    "Latin": "AaÀàÇçĐđĒēĞğİıŁłŃńŐőŘřŞşŠšŢţŮůŸÿŽžßæøåœñ",
    "Greek": "ΑαΆάΒβΓγΔδΈέΏώΪϊΰς",
    "Cyrillic": "АаБбЁёЄєЇїЉљЎўҐґҚқӘәЩщЫыЭэЯя",
    "Vietnamese": "ẠạẢảẤấẬậẮắẶặẸẹẾếỆệỈỉỊịỌọỐốỘộỚớỢợỤụỨứỰựỲỳỴỵỶỷỸỹƠơƯưĂăĐđ",
    "signs": "€£₫₽–—“”„«»…·№−×",
}


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_a_font_is_small_and_whole(weight: str) -> None:
    content = (FOLDER / f"Inter-{weight}.woff2").read_bytes()
    assert len(content) < 80_000
    letters = TTFont(io.BytesIO(content)).getBestCmap()
    for name, alphabet in ALPHABETS.items():
        missing = [letter for letter in alphabet if ord(letter) not in letters]
        assert missing == [], name


def test_its_licence_lies_beside_it() -> None:
    text = (FOLDER / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "The Inter Project Authors" in text

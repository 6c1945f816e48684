"""Translations keep what is filled in: every placeholder, in every form, and nothing more."""

import json
import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from tests.architecture import tree

LOCALES = tree.ROOT / "server" / "handstamp" / "locale"
LANGUAGES = ("de", "es", "fr")
_SERVER = re.compile(r"%\(\w+\)[sd]|%%|</?\w+[^>]*>")
_DOOR = re.compile(r"\{\w+\}")


def of_mails(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each text of a server's catalogue (its form for many) and what it is in a language."""
    with (LOCALES / language / "LC_MESSAGES" / "handstamp.po").open("rb") as file:
        for message in read_po(file, locale=language):
            if message.id and message.string:
                many = message.id[-1] if isinstance(message.id, tuple) else message.id
                words = message.string
                yield str(many), words if isinstance(words, tuple) else (str(words),)


def of_door(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each text of the door app and what it is in a language."""
    held = json.loads((tree.PWA / "locales" / f"{language}.json").read_text())
    for text, words in held.items():
        forms = tuple(words.values()) if isinstance(words, dict) else (words,)
        if all(forms):  # those that are missing are another test's
            yield text, forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    for catalogue, holds in ((of_mails, _SERVER), (of_door, _DOOR)):
        found = list(catalogue(language))
        assert len(found) > 100
        wrong = [
            (text, form)
            for text, forms in found
            for form in forms
            if sorted(holds.findall(form)) != sorted(holds.findall(text))
            and not (
                len(forms) > 1
                and set(holds.findall(text)) - {"%(num)d"} == set(holds.findall(form))
            )
        ]
        assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_neat(language: str) -> None:
    for text, forms in (*of_mails(language), *of_door(language)):
        for form in forms:
            assert form == form.strip(), (text, form)
            assert "'" not in form, f"an apostrophe is ’: {form}"
            assert "  " not in form, form
            assert text.endswith(".") == form.endswith("."), (text, form)

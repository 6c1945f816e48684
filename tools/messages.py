"""Collect every visible string: the server's into a gettext template, the door app's into JSON.

Writes `server/handstamp/locale/handstamp.pot` (Python and templates, by Babel) and
`pwa/locales/source.json` (texts given to `t` and `tn`). Then brings the catalogues of each language
up to date: new texts of what is mailed and of the door app stand there empty, to be translated;
texts that are gone are dropped. `--check` writes nothing, and fails when a file is stale or a
catalogue lacks a translation.
"""

import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server" / "handstamp"
TEMPLATE = SERVER / "locale" / "handstamp.pot"
DOOR = ROOT / "pwa" / "locales" / "source.json"

# What leaves the server in the reader's language: mails, tickets, what Stripe's page shows.
WRITTEN = (
    "mail/messages/",
    "pdf/",
    "orders/order_calendar.py",
    "orders/order_receipt.py",
    "events/tax_lines.py",
    "orders/checkout_page.py",
    "preorders/preorder_receipt.py",
    "refunds/dispute_reasons.py",
)

METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {
    "**.html": {"extensions": "jinja2.ext.do"},
    "**.txt": {"extensions": "jinja2.ext.do"},
}
_TEXT = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_ONE = re.compile(rf"\bt\(\s*{_TEXT}")
_MANY = re.compile(rf"\btn\(\s*[^,'\"]+,\s*{_TEXT}\s*,\s*{_TEXT}")


_HEAD = (
    'msgid ""\nmsgstr ""\n"Language: %s\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: %s\\n"\n\n'
)


def server_catalog() -> Catalog:
    """Return every text of the server, without translations."""
    catalog = Catalog(project="handstamp", charset="utf-8")
    for name, _line, message, comments, context in extract_from_dir(
        SERVER,
        METHODS,
        OPTIONS,
        keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
    ):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _po(catalog: Catalog, *, places: bool = True) -> str:
    """Write a catalogue without dates, so that the same texts are the same file."""
    text = io.BytesIO()
    write_po(
        text,
        catalog,
        sort_output=True,
        omit_header=True,
        no_location=not places,
        include_lineno=False,
        width=0,
        ignore_obsolete=True,
    )
    return text.getvalue().decode()


def server_language(path: Path, source: Catalog) -> tuple[str, list[str]]:
    """Return a language's catalogue brought up to date, and the texts it has no words for."""
    held = read_po(io.BytesIO(path.read_bytes()), locale=path.parent.parent.name)
    fresh = Catalog(locale=held.locale, charset="utf-8")
    lacks = []
    for message in source:
        known = held.get(message.id) if message.id else None
        words = known.string if known and not known.fuzzy else ""
        written = any(place.startswith(WRITTEN) for place, _line in message.locations)
        if message.id and (written or words):
            fresh.add(message.id, words, locations=message.locations, flags=message.flags)
            if not words or not all(words if isinstance(words, tuple) else [words]):
                lacks.append(str(message.id))
    return _HEAD % (held.locale_identifier, held.plural_forms) + _po(fresh, places=False), lacks


def door_texts() -> dict[str, bool]:
    """Return the door app's texts, sorted, and whether each counts; that is its form for many."""
    texts: dict[str, bool] = {}
    for path in sorted((ROOT / "pwa" / "src").rglob("*.js")):
        script = path.read_text()
        texts |= {ast.literal_eval(found): False for found in _ONE.findall(script)}
        texts |= {ast.literal_eval(many): True for _one, many in _MANY.findall(script)}
    return dict(sorted(texts.items()))


def door_language(path: Path, texts: dict[str, bool]) -> tuple[str, list[str]]:
    """Return a language's texts of the door app brought up to date, and those it lacks."""
    held = json.loads(path.read_text())
    form_of = Locale.parse(path.stem).plural_form
    needed = sorted({form_of(n) for n in range(1_000)})
    fresh: dict[str, Any] = {}
    lacks = []
    for text, counts in texts.items():
        words = held.get(text, "")
        if counts:
            forms = words if isinstance(words, dict) else {}
            words = {form: forms.get(form, "") for form in needed}
        fresh[text] = words
        if not (all(words.values()) if isinstance(words, dict) else words):
            lacks.append(text)
    return json.dumps(fresh, indent=1, ensure_ascii=False) + "\n", lacks


def files() -> Iterator[tuple[Path, str, list[str]]]:
    """Yield every file, what should stand in it, and the texts that lack a translation."""
    source, texts = server_catalog(), door_texts()
    yield TEMPLATE, _po(source), []
    yield DOOR, json.dumps(list(texts), indent=1, ensure_ascii=False) + "\n", []
    for path in sorted(TEMPLATE.parent.glob("*/LC_MESSAGES/handstamp.po")):
        yield path, *server_language(path, source)
    for path in sorted(DOOR.parent.glob("??.json")):
        yield path, *door_language(path, texts)


def main() -> int:
    """Write the files, or with --check compare them; 1 when one was stale or lacks words."""
    wrong = False
    for path, text, lacks in files():
        name = path.relative_to(ROOT)
        if "--check" in sys.argv:
            fresh = path.exists() and path.read_text() == text
            wrong = wrong or not fresh or bool(lacks)
            print(f"{name}: {'fresh' if fresh else 'stale, run `make messages`'}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"{name}: written")
        for lacking in lacks:
            print(f"  not translated: {lacking}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Collect every visible string: the server's into a gettext template, the door app's into JSON.

Writes `server/handstamp/locale/handstamp.pot` (Python and templates, by Babel) and
`pwa/locales/source.json` (texts given to `t` and `tn`). `--check` fails when either is stale.
"""

import ast
import io
import json
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server" / "handstamp"
TEMPLATE = SERVER / "locale" / "handstamp.pot"
DOOR = ROOT / "pwa" / "locales" / "source.json"

METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {
    "**.html": {"extensions": "jinja2.ext.do"},
    "**.txt": {"extensions": "jinja2.ext.do"},
}
_TEXT = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_ONE = re.compile(rf"\bt\(\s*{_TEXT}")
_MANY = re.compile(rf"\btn\(\s*[^,'\"]+,\s*{_TEXT}\s*,\s*{_TEXT}")


def server_template() -> str:
    """Return the server's template as gettext text, without dates and line numbers."""
    catalog = Catalog(project="handstamp", charset="utf-8")
    for name, _line, message, comments, context in extract_from_dir(
        SERVER,
        METHODS,
        OPTIONS,
        keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
    ):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    text = io.BytesIO()
    write_po(text, catalog, sort_output=True, omit_header=True, include_lineno=False, width=0)
    return text.getvalue().decode()


def door_source() -> str:
    """Return the door app's texts as JSON, sorted; a text that counts is its form for many."""
    texts: set[str] = set()
    for path in sorted((ROOT / "pwa" / "src").rglob("*.js")):
        script = path.read_text()
        texts |= {ast.literal_eval(found) for found in _ONE.findall(script)}
        texts |= {ast.literal_eval(many) for _one, many in _MANY.findall(script)}
    return json.dumps(sorted(texts), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write both files, or with --check compare them; 1 when one was stale."""
    stale = False
    for path, text in ((TEMPLATE, server_template()), (DOOR, door_source())):
        name = path.relative_to(ROOT)
        if "--check" in sys.argv:
            fresh = path.exists() and path.read_text() == text
            stale = stale or not fresh
            print(f"{name}: {'fresh' if fresh else 'stale, run `make messages`'}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"{name}: written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""Words looked for in columns, whatever their case and accents, alike on both databases.

SQLite calls `kit.folding` for each row; PostgreSQL does the same steps in SQL. Plain ASCII, which
most of what is searched is, takes the short way in both.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from handstamp.kit.folding import LETTERS, MARKS, PAIRS, folded

SQLITE_NAME = "handstamp_folded"
_BETWEEN = "\x1f"  # what no name holds and nobody types, so no word spans two columns


class Folded(FunctionElement[str]):
    """A text folded by the database."""

    type = String()
    inherit_cache = True


@compiles(Folded)
def _call(element: Folded, compiler: SQLCompiler, **how: Any) -> str:
    return f"{SQLITE_NAME}({compiler.process(element.clauses, **how)})"


@compiles(Folded, "postgresql")
def _steps(element: Folded, compiler: SQLCompiler, **how: Any) -> str:
    text = f"({compiler.process(element.clauses, **how)})"
    marks = MARKS.encode("ascii", "backslashreplace").decode()
    plain = f"lower(regexp_replace(normalize({text}, NFKD), '[{marks}]', '', 'g'))"
    plain = f"translate({plain}, '{''.join(LETTERS)}', '{''.join(LETTERS.values())}')"
    for letter, pair in PAIRS.items():
        plain = f"replace({plain}, '{letter}', '{pair}')"
    is_ascii = f"octet_length({text}) = char_length({text})"
    return f"CASE WHEN {is_ascii} THEN lower({text}) ELSE {plain} END"


def found_in(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Tell whether a row has these words, as they stand, in one of its columns."""
    whole: ColumnElement[str] = func.coalesce(columns[0], "")
    for column in columns[1:]:
        whole = whole.concat(_BETWEEN).concat(func.coalesce(column, ""))
    return Folded(whole).contains(folded(words.replace(_BETWEEN, " ")), autoescape=True)

"""Words looked for in columns, whatever their case and accents, alike on both databases.

SQLite calls `kit.folding` for each row; PostgreSQL does the same steps in SQL. Plain ASCII, which
most of what is searched is, takes the short way in both.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from handstamp.kit.folding import LETTERS, MARKS, PAIRS, folded

SQLITE_NAME = "handstamp_folded"


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
    short = f'lower({text} COLLATE "C")'  # bytes, not letters of a language: several times as fast
    return f"CASE WHEN {is_ascii} THEN {short} ELSE {plain} END"


class _ForLike(Folded):
    """A text folded as far as LIKE asks for; that of SQLite knows no case in ASCII."""

    inherit_cache = True


@compiles(_ForLike)
def _short_way(element: _ForLike, compiler: SQLCompiler, **how: Any) -> str:
    text = f"({compiler.process(element.clauses, **how)})"
    is_ascii = f"length({text}) = length(CAST({text} AS BLOB))"
    return f"CASE WHEN {is_ascii} THEN {text} ELSE {_call(element, compiler, **how)} END"


@compiles(_ForLike, "postgresql")
def _all_steps(element: _ForLike, compiler: SQLCompiler, **how: Any) -> str:
    return _steps(element, compiler, **how)


def found_in(words: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Tell whether a row has these words, as they stand, in one of its columns."""
    asked = folded(words)
    return or_(*(_ForLike(column).contains(asked, autoescape=True) for column in columns))

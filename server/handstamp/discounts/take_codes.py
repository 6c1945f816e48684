"""Codes inside somebody's transaction: found by text, uses counted like stock."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.discounts import store
from handstamp.discounts.rules import Code


def code_of(row: Any) -> Code:
    """Return a stored code as the rules know it."""
    return Code(
        id=row.id,
        code=row.code,
        kind=row.kind,
        value=row.value,
        reveals=row.reveals,
        tiers=frozenset(json.loads(row.tiers_json)),
        max_uses=row.max_uses,
        used=row.used,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        active=row.status == "active",
    )


def known_codes(connection: Connection, event_id: str, codes: Collection[str]) -> dict[str, Code]:
    """Return those of an event's codes that were typed, by text."""
    if not codes:
        return {}
    printable = [code for code in codes if code.isprintable()]
    return {row.code: code_of(row) for row in store.found(connection, event_id, printable)}


def count_uses(connection: Connection, moves: Mapping[str, int]) -> str | None:
    """Take and give back uses by code id, always in the same order, before any stock.

    Return a code of which no use was left: then nothing may be kept, the caller rolls back.
    """
    for code_id in sorted(code_id for code_id, more in moves.items() if more):
        if not store.move(connection, code_id, moves[code_id]) and moves[code_id] > 0:
            return code_id
    return None


async def give_back_uses(session: AsyncSession, code_ids: Iterable[str | None]) -> None:
    """Give back one use of each code, for an order that closes unpaid."""
    moves = {code_id: -1 for code_id in code_ids if code_id}
    if moves:
        await session.flush()
        await (await session.connection()).run_sync(count_uses, moves)


async def take_uses(session: AsyncSession, code_ids: Iterable[str | None]) -> bool:
    """Take one use of each code again; False, and nothing taken, when one has none left."""
    moves = Counter(code_id for code_id in code_ids if code_id)
    if not moves:
        return True
    await session.flush()
    connection = await session.connection()
    async with connection.begin_nested() as attempt:
        if await connection.run_sync(count_uses, moves) is None:
            return True
        await attempt.rollback()
    return False

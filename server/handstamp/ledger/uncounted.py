"""What sums of sales have still to take in, noted in the transaction that makes it so."""

from typing import Literal

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.ledger.models import Uncounted
from handstamp.plumbing.db import at_the_end

Kind = Literal["money", "order", "preorder", "taken_back"]


def note_uncounted(
    session: AsyncSession, organizer_id: str | None, kind: Kind, ref: str | int
) -> None:
    """Have a ledger's transaction, or an order or pre-order with tickets, counted by and by.

    "taken_back": an order by hand that is counted no more.
    Written once, at the end of the transaction; what belongs to no organizer is nobody's sale.
    """
    if organizer_id is None:
        return
    waiting: list[dict[str, str]] = session.info.setdefault("uncounted", [])
    if not waiting:
        at_the_end(session, _write)
    waiting.append({"organizer_id": organizer_id, "kind": kind, "ref": str(ref)})


async def _write(session: AsyncSession) -> None:
    await session.execute(insert(Uncounted), session.info.pop("uncounted", []))

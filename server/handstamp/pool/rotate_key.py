"""Replacing the key of the credentials: a new one seals at once, the old ones are worked off."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.models import CredentialKey, PoolTicket
from handstamp.pool.sealer import Sealer, ToSeal, add_key, sealer_in

JOB = "pool.reseal"
PIECE = 500


async def rotate_key(session: AsyncSession, services: Services, actor: Actor) -> tuple[int, int]:
    """Make a new key and have everything sealed anew by jobs; return its id and how much that is.

    The old keys stay until nothing is sealed with them. Rotating again meanwhile is fine.
    """
    key_id = await add_key(session, services)
    old = await session.scalar(select(func.count()).where(PoolTicket.key_id < key_id))
    await enqueue(session, JOB, {}, key=JOB, dedupe=JOB)
    await record(session, actor, "credential_key.rotate", "credential_key", str(key_id))
    return key_id, int(old or 0)


async def reseal(ctx: JobContext) -> None:
    """Seal a piece of what old keys hold with the newest, and have the next piece done."""
    async with ctx.write() as session:
        keys = await sealer_in(session, ctx.services)
        more = keys is not None and (
            await _reseal_piece(session, keys) or await _drop_empty(session, keys.key_id)
        )
        if more:
            await enqueue(session, JOB, {}, key=JOB, dedupe=JOB)
        await ctx.acknowledge(session)


async def _reseal_piece(session: AsyncSession, keys: Sealer) -> int:
    columns = (PoolTicket.id, PoolTicket.sealed, PoolTicket.key_id)
    query = (
        select(*columns)
        .where(PoolTicket.key_id < keys.key_id)
        .order_by(PoolTicket.key_id, PoolTicket.id)
        .limit(PIECE)
        .with_for_update()
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return 0
    opened = [ToSeal(row.id, keys.unseal(row.id, row.sealed, row.key_id)) for row in rows]
    sealed = await keys.seal_many(opened)
    await session.execute(
        update(PoolTicket),
        [
            {"id": one.ticket_id, "sealed": again, "key_id": keys.key_id}
            for one, again in zip(opened, sealed, strict=True)
        ],
    )
    return len(rows)


async def _drop_empty(session: AsyncSession, newest: int) -> bool:
    """Drop old keys that seal nothing; tell whether one was used meanwhile.

    Whoever still seals with an old key holds its row until the tickets are stored.
    """
    again = False
    old = select(CredentialKey.id).where(CredentialKey.id < newest).with_for_update()
    for key_id in (await session.scalars(old)).all():
        used = select(PoolTicket.id).where(PoolTicket.key_id == key_id).limit(1)
        if await session.scalar(used) is None:
            await session.execute(delete(CredentialKey).where(CredentialKey.id == key_id))
        else:
            again = True
    return again

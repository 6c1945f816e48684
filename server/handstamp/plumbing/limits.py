"""Rate limits that hold across processes: hits per bucket and window, counted in a table."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from handstamp.kit.clock import SECOND, Millis
from handstamp.kit.signing import derive, keyed_hash
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.errors import TooMany
from handstamp.plumbing.models import RateCount
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services


async def hit(services: Services, bucket: str, *, limit: int, window_ms: Millis) -> None:
    """Count one try; buckets are stored hashed, so they may name a person or an address.

    Opens a transaction of its own, so call it outside of one.

    Raises:
        TooMany: more than `limit` tries within the window of `window_ms` that is running.
    """
    start, name = _window(services, bucket, window_ms)
    async with services.db.write() as session:
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        row = insert(RateCount).values(bucket=name, window_start=start, hits=1)
        counted = row.on_conflict_do_update(
            index_elements=["bucket", "window_start"], set_={"hits": RateCount.hits + 1}
        ).returning(RateCount.hits)
        hits = (await session.execute(counted)).scalar_one()
    if hits > limit:
        raise _too_many(start + window_ms - services.clock())


async def look(services: Services, bucket: str, *, limit: int, window_ms: Millis) -> None:
    """Refuse as `hit` would, but count nothing: for what counts only when it goes wrong.

    Raises:
        TooMany: the next try would be one too many.
    """
    start, name = _window(services, bucket, window_ms)
    wanted = select(RateCount.hits).where(RateCount.bucket == name, RateCount.window_start == start)
    async with services.db.read() as session:
        hits = await session.scalar(wanted)
    if (hits or 0) >= limit:
        raise _too_many(start + window_ms - services.clock())


def _window(services: Services, bucket: str, window_ms: Millis) -> tuple[Millis, str]:
    now = services.clock()
    key = derive(services.settings.secret_bytes(), "limits")
    return now - now % window_ms, keyed_hash(key, f"{bucket}/{window_ms}")


def _too_many(left: Millis) -> TooMany:
    return TooMany(
        _("Too many tries. Wait a little, then try again."), retry_after=max(1, -(-left // SECOND))
    )

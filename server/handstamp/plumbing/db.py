"""The database: engines, and one transaction per request or job.

SQLite is the embedded default: WAL, full synchronous, foreign keys on, writers begin
IMMEDIATE and queue on one lock in the process. PostgreSQL is the production form.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from handstamp.kit.clock import Clock, Millis, system_clock
from handstamp.kit.folding import folded_or_none
from handstamp.plumbing.search import SQLITE_NAME

AfterCommit = Callable[[], None]
BeforeCommit = Callable[[AsyncSession], Awaitable[None]]
Result = TypeVar("Result")
RowId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER key


class Base(DeclarativeBase):
    """Every table's base; integers are 64 bits wide, names follow one convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger, bytes: LargeBinary}


def _sqlite_engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
    _prepare_sqlite(engine.sync_engine, begin)
    return engine


def _prepare_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=15000",
            "foreign_keys=ON",
            "cache_size=-1000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.create_function(SQLITE_NAME, 1, folded_or_none, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _threaded_engine(url: str, pool_size: int) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address.set(drivername="sqlite"), pool_size=1, max_overflow=0, hide_parameters=True
        )
        _prepare_sqlite(engine, "BEGIN IMMEDIATE")
        return engine
    return create_engine(address, pool_size=pool_size, max_overflow=0, hide_parameters=True)


class Database:
    """Two ways in: `read()` and `write()`, each one transaction on an `AsyncSession`.

    Args:
        url: an async SQLAlchemy address (`sqlite+aiosqlite:///…` or `postgresql+psycopg://…`).
        pool_size: connections of this process at most.
    """

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.writer = _sqlite_engine(url, "BEGIN IMMEDIATE", 1)
            self.reader = _sqlite_engine(url, "BEGIN", max(2, pool_size // 2))
        else:
            self.writer = create_async_engine(
                url, pool_size=pool_size, max_overflow=0, hide_parameters=True
            )
            self.reader = self.writer.execution_options(isolation_level="REPEATABLE READ")
        self._write_lock = asyncio.Lock()
        self._pool_size = pool_size
        self._threaded: Engine | None = None
        self.wake_jobs: AfterCommit | None = None
        self.clock: Clock = system_clock

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One consistent view of the data (repeatable read); nothing is written.

        Rows stay readable after the block: closing a session lets go of them as they are.
        """
        async with AsyncSession(self.reader, expire_on_commit=False, autoflush=False) as session:
            session.info.update(clock=self.clock, reads=True)
            yield session

    @asynccontextmanager
    async def write(self, actor: str = "system") -> AsyncIterator[AsyncSession]:
        """One transaction, committed when the block ends and rolled back when it raises.

        `actor` is told to PostgreSQL for the transaction (`handstamp.actor`): the seam where
        row-level security attaches. What `after_commit` collected runs once committed.
        """
        if self.is_sqlite:
            async with self._write_lock, self._session(actor) as session:
                yield session
        else:
            async with self._session(actor) as session:
                yield session
        for call in session.info.pop("after_commit", ()):
            call()

    @asynccontextmanager
    async def _session(self, actor: str) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self.writer, expire_on_commit=False) as session:
            if not self.is_sqlite:
                await session.execute(
                    text("SELECT set_config('handstamp.actor', :actor, true)"), {"actor": actor}
                )
            session.info.update(wake_jobs=self.wake_jobs, clock=self.clock)
            yield session
            for late in session.info.pop("before_commit", ()):
                await late(session)
            for last in session.info.pop("at_the_end", ()):
                await last(session)
            await session.commit()

    async def write_in_thread(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction in a thread: for hot paths of many short statements.

        Each statement then costs a fifth of what it costs through the event loop. `work` must
        use nothing that belongs to the loop.
        """
        if self._threaded is None:
            self._threaded = _threaded_engine(self.url, self._pool_size)
        engine = self._threaded

        def run() -> Result:
            with engine.begin() as connection:
                return work(connection)

        if not self.is_sqlite:
            return await asyncio.to_thread(run)
        async with self._write_lock:
            return await asyncio.to_thread(run)

    async def connect(self) -> AsyncConnection:
        """Return a plain reading connection that the caller closes (for PRAGMA and LISTEN)."""
        return await self.reader.connect()

    async def close(self) -> None:
        """Close every connection."""
        await self.writer.dispose()
        if self._threaded is not None:
            self._threaded.dispose()
        if self.is_sqlite:
            await self.reader.dispose()


def after_commit(session: AsyncSession, call: AfterCommit) -> None:
    """Run `call` once this transaction is committed, never when it is rolled back."""
    session.info.setdefault("after_commit", []).append(call)


def before_commit(session: AsyncSession, call: BeforeCommit) -> None:
    """Run `call` as the last thing of this transaction, so that what it locks is locked briefly."""
    session.info.setdefault("before_commit", []).append(call)


def at_the_end(session: AsyncSession, call: BeforeCommit) -> None:
    """Run `call` after all that `before_commit` asked for; it must lock nothing but its own."""
    session.info.setdefault("at_the_end", []).append(call)


def now(session: AsyncSession) -> Millis:
    """Return the time by the clock of this process, for rows that a transaction writes."""
    clock: Clock = session.info.get("clock", system_clock)
    return clock()


def only_reads(session: AsyncSession) -> bool:
    """Tell whether a session sees one moment to its end, so that what it read cannot be old."""
    return bool(session.info.get("reads"))


def is_sqlite(session: AsyncSession) -> bool:
    """Tell which database a session talks to, where the two need different SQL."""
    return session.get_bind().dialect.name == "sqlite"

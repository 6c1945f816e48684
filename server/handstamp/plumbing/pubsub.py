"""Wake-ups between the parts of one process and, on PostgreSQL, between processes.

A signal carries a topic and a short payload (ids only) and is a hint: a lost one costs time,
never data, because every listener also looks by itself now and then.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

import structlog
from sqlalchemy.engine import make_url

CHANNEL = "handstamp"
MAX_BYTES = 7_900
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
FLUSH_S = 2.0

_log = structlog.get_logger("handstamp.pubsub")


class Subscription:
    """What arrives on one topic; equal payloads that wait together arrive once."""

    def __init__(self, signals: "Signals", topic: str) -> None:
        self.topic = topic
        self._signals = signals
        self._waiting: dict[str, None] = {}
        self._ready = asyncio.Event()
        self._closed = False

    def push(self, payload: str) -> None:
        """Hand a payload to the listener."""
        self._waiting[payload] = None
        self._ready.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a signal at most so long; tell whether one came, forgetting what waited."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), timeout_s)
        came = bool(self._waiting)
        self._waiting.clear()
        if not self._closed:
            self._ready.clear()
        return came

    def close(self) -> None:
        """End the subscription; a listener in its loop leaves it."""
        self._closed = True
        self._signals.forget(self)
        self._ready.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            await self._ready.wait()
            while self._waiting and not self._closed:
                payload = next(iter(self._waiting))
                del self._waiting[payload]
                yield payload
            if self._closed:
                return
            self._ready.clear()


class Signals:
    """Publish and subscribe: at once in this process, by NOTIFY in the others.

    After a lost connection comes back, every subscription gets an empty payload, which says
    "look again, something may have been missed".
    """

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self._conninfo = ""
        if url.get_backend_name() == "postgresql":
            plain = url.set(drivername="postgresql")
            self._conninfo = plain.render_as_string(hide_password=False)
        self._origin = secrets.token_hex(6)
        self._topics: dict[str, set[Subscription]] = {}
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()

    def publish(self, topic: str, payload: str = "") -> None:
        """Tell every listener of `topic`; best effort, returns at once.

        Raises:
            ValueError: topic and payload exceed what a notification may carry.
        """
        message = f"{self._origin}\n{topic}\n{payload}"
        if len(message.encode()) > MAX_BYTES:
            raise ValueError("a signal carries ids only")
        self._deliver(topic, payload)
        if self._conninfo:
            self._outgoing.put_nowait(message)

    def subscribe(self, topic: str) -> Subscription:
        """Listen to one topic until the subscription is closed."""
        subscription = Subscription(self, topic)
        self._topics.setdefault(topic, set()).add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Stop delivering to a subscription."""
        listeners = self._topics.get(subscription.topic, set())
        listeners.discard(subscription)
        if not listeners:
            self._topics.pop(subscription.topic, None)

    async def start(self) -> None:
        """Begin to exchange signals with other processes; returns before it is connected."""
        if self._conninfo and not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]

    async def connected(self, timeout_s: float = 5.0) -> bool:
        """Wait until other processes are heard; always true where there are none."""
        if not self._conninfo:
            return True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), timeout_s)
        return self._listening.is_set()

    async def stop(self) -> None:
        """Send what waits, then end every subscription."""
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._outgoing.join(), FLUSH_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._listening.clear()
        for listeners in list(self._topics.values()):
            for subscription in list(listeners):
                subscription.close()

    def _deliver(self, topic: str, payload: str) -> None:
        for subscription in self._topics.get(topic, ()):
            subscription.push(payload)

    async def _listen(self) -> None:
        import psycopg  # noqa: PLC0415 (the embedded database does without its 10 MB)

        pause = FIRST_PAUSE_S
        first = True
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._listening.set()
                    pause = FIRST_PAUSE_S
                    if not first:
                        self._say_look_again()
                    first = False
                    async for notice in connection.notifies():
                        self._receive(notice.payload)
            except (psycopg.Error, OSError) as error:
                _log.warning("signals_lost", error=type(error).__name__)
            self._listening.clear()
            first = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _say_look_again(self) -> None:
        for topic in list(self._topics):
            self._deliver(topic, "")

    def _receive(self, message: str) -> None:
        origin, topic, payload = message.split("\n", 2)
        if origin != self._origin:
            self._deliver(topic, payload)

    async def _send(self) -> None:
        import psycopg  # noqa: PLC0415

        connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        try:
            while True:
                message = await self._outgoing.get()
                try:
                    if connection is None or connection.closed:
                        connection = await psycopg.AsyncConnection.connect(
                            self._conninfo, autocommit=True
                        )
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, message))
                except (psycopg.Error, OSError) as error:
                    connection = None
                    _log.warning("signal_not_sent", error=type(error).__name__)
                finally:
                    self._outgoing.task_done()
        finally:
            if connection is not None:
                await connection.close()

"""Runs `handstamp` so that it dies at a planned step: `dying_process.py PLAN …`.

Steps are where a power cut hurts: before and after each COMMIT that wrote something, before a
request to Stripe or to the mail server is sent and after its answer has come. The file PLAN says
at which step to die ("12 any-text " is the twelfth, "2 any-text NAME" the second of that name;
0 is never), and may be written anew while the process runs: counting then begins again. Every
step is noted in PLAN.steps.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from handstamp.cli import main as handstamp
from handstamp.payments import stripe_gateway

WRITTEN = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?tickets_(\w+)")


class Plan:
    """When to die, as the file says it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._steps = path.with_suffix(".steps")
        self._read = ""
        self._last = 0
        self._count = 0
        self._name = ""
        self._lock = threading.Lock()

    def step(self, name: str) -> None:
        """Count a step; at the planned one the process is gone."""
        with self._lock:
            said = self._path.read_text()
            if said != self._read:
                last, _armed, self._name = said.split(" ", 2)
                self._read, self._count, self._last = said, 0, int(last)
            counts = self._name in ("", name)
            self._count += counts
            with self._steps.open("a") as noted:
                noted.write(f"{name}\n")
            if counts and self._count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


def watch_commits(plan: Plan) -> None:
    """Make a step of each side of every COMMIT that follows a write."""
    written: dict[int, set[str]] = {}
    commit: Any = DefaultDialect.do_commit

    @event.listens_for(Engine, "before_cursor_execute")
    def remember(
        connection: Any, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool
    ) -> None:
        found = WRITTEN.match(statement)
        if found:
            written.setdefault(id(connection.connection.dbapi_connection), set()).add(found[1])

    @event.listens_for(Engine, "rollback")
    def forget(connection: Any) -> None:
        written.pop(id(connection.connection.dbapi_connection), None)

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        inner = getattr(connection, "dbapi_connection", connection)
        tables = ",".join(sorted(written.pop(id(inner), ())))
        if tables:
            plan.step(f"before COMMIT {tables}")
        commit(self, connection)
        if tables:
            plan.step(f"after COMMIT {tables}")

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def around(
    plan: Plan, call: Callable[..., Awaitable[Any]], name: Callable[..., str]
) -> Callable[..., Awaitable[Any]]:
    """Make a step of each side of a call to another server."""

    async def called(*args: Any, **others: Any) -> Any:
        said = name(*args)
        plan.step(f"before {said}")
        answer = await call(*args, **others)
        plan.step(f"after {said}")
        return answer

    return called


def place(_client: Any, method: str, url: str, *_others: Any) -> str:
    """Name a request without its ids."""
    path = re.sub(r"/(\w+_\w{8,})", "/{id}", httpx.URL(url).path)
    return f"{method.upper()} {path}"


def main() -> None:
    """Count, then be `handstamp`."""
    plan = Plan(Path(sys.argv.pop(1)))
    watch_commits(plan)
    ask: Any = around(plan, httpx.AsyncClient.request, place)
    send: Any = around(plan, aiosmtplib.SMTP.send_message, lambda *_: "SMTP")
    httpx.AsyncClient.request = ask  # type: ignore[method-assign]
    aiosmtplib.SMTP.send_message = send  # type: ignore[method-assign]
    stripe_gateway.TIMEOUT = httpx.Timeout(2.0)  # a test need not wait as long as a buyer
    handstamp()


if __name__ == "__main__":
    main()

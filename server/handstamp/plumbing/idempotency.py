"""The first answer under an `Idempotency-Key` is kept, and given again for the same request."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.errors import BadInput, Conflict, Problem
from handstamp.plumbing.models import StoredAnswer
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, services

LONGEST_KEY = 200


class Once(NamedTuple):
    """A request with a key: whose key, the key, and a digest of what is asked."""

    scope: str
    key: str
    digest: str


Produce = Callable[[AsyncSession], Awaitable[Response]]
ProduceOutside = Callable[[], Awaitable[Response]]


async def answer_once(request: Request, scope: str, produce: Produce) -> Response:
    """Run a write request in one transaction and keep its answer with it, if it has a key.

    Args:
        scope: whose keys these are, such as the acting person's or device's id.
        produce: does the work in the session it is given and returns the answer; refusals
            that it raises undo everything and are not kept.

    Raises:
        BadInput: the key is too long or not plain text.
        Conflict: the key was used for another request.
    """
    shared = services(request)
    key = idempotency_key(request)
    who = actor(request)
    async with shared.db.write(actor=f"{who.kind}:{who.id}") as session:
        if key is None:
            return await produce(session)
        digest = await _digest(request)
        kept = await _reserve(session, scope, key, digest, shared.clock())
        if kept is not None:
            return answer_again(kept, digest)
        response = await produce(session)
        await session.execute(
            update(StoredAnswer)
            .where(StoredAnswer.scope == scope, StoredAnswer.key == key)
            .values(status=response.status_code, answer=_pack(response))
        )
        return response


async def answer_once_outside(request: Request, scope: str, produce: ProduceOutside) -> Response:
    """Do what `answer_once` does for work that calls other servers, so that no transaction waits.

    The key is put down before and the answer kept after the work, which opens transactions of
    its own and must be safe to repeat: whoever asks again before an answer is kept, because
    the first request died or is still at work, has it done again.

    Raises:
        BadInput: the key is too long or not plain text.
        Conflict: the key was used for another request.
    """
    shared = services(request)
    key = idempotency_key(request)
    if key is None:
        return await produce()
    digest = await _digest(request)
    own = (StoredAnswer.scope == scope) & (StoredAnswer.key == key) & (StoredAnswer.status == 0)
    async with shared.db.write() as session:
        kept = await _reserve(session, scope, key, digest, shared.clock())
    if kept is not None and (kept.status or kept.body_hash != digest):
        return answer_again(kept, digest)
    try:
        response = await produce()
    except Problem:
        async with shared.db.write() as session:
            await session.execute(delete(StoredAnswer).where(own))
        raise
    values = {"status": response.status_code, "answer": _pack(response)}
    async with shared.db.write() as session:
        await session.execute(update(StoredAnswer).where(own).values(**values))
    return response


def idempotency_key(request: Request) -> str | None:
    """Return the request's key, None when it has none.

    Raises:
        BadInput: the key is too long or not plain text.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadInput(_("Idempotency-Key must be 1 to 200 plain letters, digits and signs."))
    return key


async def once_of(request: Request, scope: str) -> Once | None:
    """Return what makes a request one that is answered once; None when it has no key.

    Raises:
        BadInput: the key is too long or not plain text.
    """
    key = idempotency_key(request)
    return None if key is None else Once(scope, key, await _digest(request))


def find_answers(
    connection: Connection, asked: Sequence[Once]
) -> dict[tuple[str, str], StoredAnswer]:
    """Return what was answered under these keys, by scope and key; for work in a thread."""
    row = StoredAnswer.__table__.c
    keys = [(one.scope, one.key) for one in asked]
    found = connection.execute(
        select(*row).where(tuple_(row.scope, row.key).in_(keys), row.status != 0)
    )
    return {(each.scope, each.key): StoredAnswer(**each._mapping) for each in found}


def keep_answers(
    connection: Connection, told: Sequence[tuple[Once, Response]], now: Millis
) -> None:
    """Keep answers in the open transaction; a key that another process used meanwhile raises.

    Raises:
        IntegrityError: try again, the other's answer is there then.
    """
    rows = [
        {
            "scope": once.scope,
            "key": once.key,
            "body_hash": once.digest,
            "status": response.status_code,
            "answer": _pack(response),
            "created_at": now,
        }
        for once, response in told
    ]
    if rows:
        connection.execute(insert(StoredAnswer), rows)


async def _digest(request: Request) -> str:
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(what + await request.body()).hexdigest()


async def _reserve(
    session: AsyncSession, scope: str, key: str, digest: str, now: int
) -> StoredAnswer | None:
    """Put the key down; a second request with it waits here until the first has committed."""
    make = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = make(StoredAnswer).values(
        scope=scope, key=key, body_hash=digest, status=0, answer="", created_at=now
    )
    mine = await session.execute(row.on_conflict_do_nothing().returning(StoredAnswer.key))
    if mine.first() is not None:
        return None
    found = select(StoredAnswer).where(StoredAnswer.scope == scope, StoredAnswer.key == key)
    return (await session.execute(found)).scalar_one()


def answer_again(kept: StoredAnswer, digest: str) -> Response:
    """Return a kept answer to the request that it was given to.

    Raises:
        Conflict: the key was used for another request.
    """
    if kept.body_hash != digest:
        raise Conflict(_("This Idempotency-Key was used for another request. Use a new one."))
    packed = json.loads(kept.answer)
    return Response(
        base64.b64decode(packed["body"]),
        status_code=kept.status,
        headers={"Idempotent-Replayed": "true"},
        media_type=packed["type"],
    )


def _pack(response: Response) -> str:
    body = base64.b64encode(bytes(response.body)).decode()
    return json.dumps({"type": response.headers.get("content-type"), "body": body})

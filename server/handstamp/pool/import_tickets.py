"""Taking a file of tickets from elsewhere into the pool: whole, once, and sealed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool import store
from handstamp.pool.check_upload import SHOWN, check_manager, shown_name
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import PoolUpload
from handstamp.pool.place_rows import Fixes
from handstamp.pool.plan_upload import Plan, PlannedRow, compare, plan_upload
from handstamp.pool.pool_file import read_pool_file
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.sealer import Sealer, Secrets, ToSeal, file_digest, sealer, sealer_in
from handstamp.pool.upload_turns import turn
from handstamp.tickets.guest_file import says
from handstamp.tickets.guest_rows import Issue

UPLOADED = "tickets.uploaded"


@dataclass(frozen=True)
class Imported:
    """What a commit did: new `tickets`, rows `known` before, rows `left_out`, runs asked for."""

    upload_id: str
    tickets: int
    known: int
    left_out: int
    jobs: int


async def import_tickets(
    services: Services,
    actor: Actor,
    organizer_id: str,
    content: bytes,
    *,
    filename: str,
    fixes: Fixes | None = None,
    leave_out_bad: bool = False,
) -> Imported:
    """Store what is new in a file, all of it or nothing, and have it matched.

    Opens its own transactions, one of which writes. The same file again adds nothing but rows
    that were left out before.

    Raises:
        NotFound: the actor does not run this organizer's events.
        TooLarge: the file is larger than 5 MB.
        BadInput: it cannot be read, or a fix names what is not there.
        Conflict: names are unknown, rows are bad and not to be left out, or nothing is in it.
    """
    check_manager(actor, organizer_id)
    async with turn(services):
        sheet = await read_pool_file(content)
        async with services.db.read() as session:
            plan = await plan_upload(session, services, organizer_id, sheet, fixes or Fixes())
        _check(plan, [], leave_out_bad=leave_out_bad)
        keys = await sealer(services)
        sealed = await asyncio.to_thread(_seal, keys, plan.rows)
        digest = await asyncio.to_thread(file_digest, services, content)
        values = {
            "id": new_id("upl"),
            "organizer_id": organizer_id,
            "filename": shown_name(filename),
            "format": sheet.format,
            "digest": digest,
            "rows": 0,
            "known": 0,
            "created_by": actor.id,
        }
        try:
            async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
                return await _store(
                    session, services, actor, plan,
                    values=values, sealed=sealed, leave_out_bad=leave_out_bad,
                )  # fmt: skip
        except IntegrityError as error:
            raise Conflict(
                _("An event or tier changed meanwhile. Check the file again.")
            ) from error


@dataclass(frozen=True)
class _Sealed:
    """New tickets' ids and sealed secrets by their twin, and the key that sealed them."""

    key_id: int
    tickets: dict[str, tuple[str, bytes]]


def _seal(keys: Sealer, rows: Sequence[PlannedRow]) -> _Sealed:
    tickets = {}
    for one in rows:
        row, ticket_id = one.placed.row, new_id("ptk")
        hidden = Secrets(row.password, row.code)
        tickets[one.twin] = (ticket_id, keys.seal(ToSeal(ticket_id, hidden)))
    return _Sealed(keys.key_id, tickets)


async def _store(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    plan: Plan,
    *,
    values: dict[str, Any],
    sealed: _Sealed,
    leave_out_bad: bool,
) -> Imported:
    now = services.clock()
    await store.lock_uploads(session, plan.event_ids)
    upload = await store.upload_of_file(session, {**values, "created_at": now})
    compared = await compare(session, plan)
    _check(plan, compared.bad, leave_out_bad=leave_out_bad)
    if not await store.hold_key(session, sealed.key_id):
        sealed = await _seal_anew(session, services, compared.fresh)
    rows = _rows(compared.fresh, upload, now, sealed)
    if rows:
        await store.add_tickets(session, rows)
    upload.rows += len(rows)
    upload.known = compared.known if upload.rows == len(rows) else upload.known
    await store.note_upload(session, upload.organizer_id, {row["event_id"] for row in rows}, now)
    jobs = await queue_assigning(session, [(row["event_id"], row["tier_id"]) for row in rows])
    left_out = len(plan.left_out) + len(plan.sheet.bad) + len(plan.doubles) + len(compared.bad)
    imported = Imported(upload.id, len(rows), compared.known, left_out, jobs)
    await _log(session, actor, upload, rows, imported)
    return imported


async def _seal_anew(
    session: AsyncSession, services: Services, rows: Sequence[PlannedRow]
) -> _Sealed:
    keys = await sealer_in(session, services)
    assert keys is not None  # a key is only dropped for a newer one
    await store.hold_key(session, keys.key_id)
    return await asyncio.to_thread(_seal, keys, rows)


def _rows(
    fresh: Sequence[PlannedRow], upload: PoolUpload, now: int, sealed: _Sealed
) -> list[dict[str, Any]]:
    return [
        {
            "id": sealed.tickets[one.twin][0],
            "organizer_id": upload.organizer_id,
            "event_id": one.placed.event.id,
            "tier_id": one.placed.tier_id,
            "upload_id": upload.id,
            "line": one.placed.row.line,
            "status": "unassigned",
            "email": one.placed.row.email,
            "sealed": sealed.tickets[one.twin][1],
            "key_id": sealed.key_id,
            "twin": one.twin,
            "code_digest": one.digest,
            "created_at": now,
            "updated_at": now,
            "used_at": None,
        }
        for one in fresh
    ]


async def _log(
    session: AsyncSession,
    actor: Actor,
    upload: PoolUpload,
    rows: Sequence[dict[str, Any]],
    imported: Imported,
) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["event_id"]] = counts.get(row["event_id"], 0) + 1
    acts = [
        Act(UPLOADED, event_id, meta={"upload": upload.id, "tickets": count})
        for event_id, count in sorted(counts.items())
    ]
    await note_all(session, actor, acts)
    meta = {"tickets": imported.tickets, "known": imported.known, "left_out": imported.left_out}
    await record(
        session, actor, "pool.upload", "pool_upload", upload.id,
        organizer_id=upload.organizer_id, meta=meta,
    )  # fmt: skip


def _check(plan: Plan, taken: Sequence[Issue], *, leave_out_bad: bool) -> None:
    unknown = [*plan.unknown_events, *plan.unknown_variants]
    if unknown:
        raise Conflict(
            _("%(count)d names in this file are not known, so nothing was stored. Correct them.")
            % {"count": len(unknown)},
            code="UnknownNames",
            errors=[
                {"line": one.line, "name": one.typed, "event_id": one.event_id, "rows": one.rows,
                 "suggestions": one.suggestions}
                for one in unknown[:SHOWN]
            ],
        )  # fmt: skip
    bad = sorted([*plan.sheet.bad, *plan.doubles, *taken], key=lambda issue: issue.line)
    if bad and not leave_out_bad:
        raise _bad_rows(bad)
    if len(plan.rows) == len(taken):
        raise Conflict(_("There is no row in this file that can be stored."), code="NothingInIt")


def _bad_rows(bad: Sequence[Issue]) -> Conflict:
    return Conflict(
        _("%(count)d rows cannot be stored, so nothing was. Correct them or leave them out.")
        % {"count": len(bad)},
        code="BadRows",
        errors=[{"line": issue.line, "message": says(issue)} for issue in bad[:SHOWN]],
    )

"""Adding a code to an event, changing it, switching it off; none is ever deleted."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.discounts import rules, store
from handstamp.discounts.find_codes import owned_code
from handstamp.discounts.models import Discount
from handstamp.discounts.shapes import CodeChange, NewCode
from handstamp.events.find_events import hold_event, owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

MOST = 1_000  # codes of an event
_MAY_BE_CLEARED = {"max_uses", "starts_at", "ends_at"}


async def add_code(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, new: NewCode
) -> Discount:
    """Add a code.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: it cannot be so, or one of the tiers is not the event's; `errors` says where.
        Conflict: the event has that code, or too many.
    """
    event = await owned_event(session, actor, event_id)
    text = rules.clean_code(new.code)
    _refuse("code", rules.code_problem(text))
    await hold_event(session, event.id)  # or two at once would not count each other
    if len(await store.of_event(session, event.id)) >= MOST:
        raise Conflict(_("An event has 1000 codes at most."))
    if await store.by_text(session, event.id, text) is not None:
        raise _taken()
    now = services.clock()
    values = new.model_dump(exclude={"code", "tiers", "reveals"})
    code = Discount(
        id=new_id("disc"),
        event_id=event.id,
        code=text,
        reveals=new.reveals or new.kind == "access",
        tiers_json=await _tiers(session, event, new.tiers),
        created_at=now,
        updated_at=now,
        **values,
    )
    _check(code)
    try:
        async with session.begin_nested():
            session.add(code)
            await session.flush()
    except IntegrityError as error:
        raise _taken() from error
    await _note(session, actor, event, code, "code.add")
    return code


async def change_code(
    session: AsyncSession, services: Services, actor: Actor, code_id: str, change: CodeChange
) -> Discount:
    """Change the members that are set; orders that exist keep their prices.

    Raises:
        NotFound: there is no such code among the actor's.
        BadInput: it cannot be so; `errors` says where.
    """
    event, code = await owned_code(session, actor, code_id, lock=True)
    values = change.model_dump(exclude_unset=True)
    for name in [name for name, value in values.items() if value is None]:
        if name not in _MAY_BE_CLEARED:
            _refuse(name, _("%(field)s cannot be empty.") % {"field": name})
    tiers = values.pop("tiers", None)
    if tiers is not None:
        code.tiers_json = await _tiers(session, event, tiers)
    for name, value in values.items():
        setattr(code, name, value)
    if code.kind == "access":
        code.reveals = True
    _check(code)
    code.updated_at = services.clock()
    await session.flush()
    await _note(session, actor, event, code, "code.edit")
    return code


def _check(code: Discount) -> None:
    _refuse("value", rules.value_problem(code.kind, code.value))
    if None not in (code.starts_at, code.ends_at) and (code.ends_at or 0) <= (code.starts_at or 0):
        _refuse("ends_at", _("A code must end after it begins."))


def _refuse(where: str, problem: str) -> None:
    if problem:
        raise BadInput(_(problem), errors=[{"field": where, "message": _(problem)}])


async def _tiers(session: AsyncSession, event: Event, wanted: Sequence[str]) -> str:
    known = {tier.id for tier in await tiers_of(session, event.id, archived=True)}
    if not known.issuperset(wanted):
        _refuse("tiers", _("One of the tiers is not in this event."))
    return json.dumps(sorted(set(wanted)))


def _taken() -> Conflict:
    problem = _("This event has that code already.")
    return Conflict(problem, errors=[{"field": "code", "message": problem}])


async def _note(
    session: AsyncSession, actor: Actor, event: Event, code: Discount, action: str
) -> None:
    about: dict[str, Any] = {
        "event": event.id,
        "kind": code.kind,
        "value": code.value,
        "max_uses": code.max_uses,
        "status": code.status,
    }
    organizer = event.organizer_id
    await record(session, actor, action, "code", code.id, organizer_id=organizer, meta=about)

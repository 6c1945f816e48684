"""Forget an account: nobody can sign in to it again, and it names nobody."""

import re

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.auth.models import LoginCode, Member, Organizer, Session, User
from handstamp.mail.addresses import erased_address
from handstamp.plumbing.models import RateCount, StoredAnswer
from handstamp.plumbing.texts import _

_QUIET = {"synchronize_session": False}


async def why_not_forget(session: AsyncSession, person: Person) -> list[str]:
    """Say what hangs on this account and must be handed over first; their teams are locked."""
    await _hold_teams(session, person.user_id)
    reasons = [
        _("They are the only owner of %(name)s. Make somebody else its owner first.")
        % {"name": name}
        for name in await _owned_alone(session, person.user_id)
    ]
    if await _only_admin(session, person.user_id):
        reasons.append(_("They are this server's only administrator. Make another one first."))
    return reasons


async def forget_account(session: AsyncSession, person: Person) -> None:
    """Leave of the account only an id, to which what accounting needs is tied."""
    await _forget_counts(session, person)
    await session.execute(delete(LoginCode).where(LoginCode.email == person.email))
    if not person.user_id:
        return
    for table in (Session, Member):
        mine = delete(table).where(table.user_id == person.user_id)
        await session.execute(mine.execution_options(**_QUIET))
    await session.execute(
        update(User)
        .where(User.id == person.user_id)
        .values(email=erased_address(person.user_id), name="", is_admin=False)
        .execution_options(**_QUIET)
    )


async def _forget_counts(session: AsyncSession, person: Person) -> None:
    buckets = [f"{kind}/email/{person.email}" for kind in ("sign-in", "finish")]
    await session.execute(delete(RateCount).where(RateCount.bucket.in_(buckets)))
    query = select(StoredAnswer.scope, StoredAnswer.key, StoredAnswer.answer).where(
        StoredAnswer.answer.icontains(person.email, autoescape=True)
    )
    found = (await session.execute(query)).all()
    named = [(scope, key) for scope, key, answer in found if _names(answer, person.email)]
    for scope, key in named:
        await session.execute(
            delete(StoredAnswer)
            .where(StoredAnswer.scope == scope, StoredAnswer.key == key)
            .execution_options(**_QUIET)
        )
    if person.user_id:
        theirs = delete(StoredAnswer).where(StoredAnswer.scope == f"user:{person.user_id}")
        await session.execute(theirs.execution_options(**_QUIET))


def _names(text: str, email: str) -> bool:
    """Tell whether JSON has this whole address, not as a part of a longer one."""
    text = re.sub(r"\\[bfnrt]", " ", text)  # the n of a line break is no letter before the address
    whole = rf"(?<![\w.!#$%&'*+/=?^`{{|}}~-]){re.escape(email)}(?![\w-]|\.\w)"
    return re.search(whole, text, re.IGNORECASE) is not None


async def _hold_teams(session: AsyncSession, user_id: str) -> None:
    mine = select(Member.organizer_id).where(Member.user_id == user_id, Member.role == "owner")
    teams = select(Organizer.id).where(Organizer.id.in_(mine)).order_by(Organizer.id)
    await session.execute(teams.with_for_update(key_share=True))


async def _owned_alone(session: AsyncSession, user_id: str) -> list[str]:
    owners = (
        select(Member.organizer_id)
        .where(Member.role == "owner")
        .group_by(Member.organizer_id)
        .having(func.count() == 1)
    )
    query = (
        select(Organizer.name)
        .join(Member, Member.organizer_id == Organizer.id)
        .where(Member.user_id == user_id, Member.role == "owner", Organizer.id.in_(owners))
        .order_by(Organizer.name)
    )
    return list(await session.scalars(query))


async def _only_admin(session: AsyncSession, user_id: str) -> bool:
    admins = list(await session.scalars(select(User.id).where(User.is_admin).limit(2)))
    return admins == [user_id]

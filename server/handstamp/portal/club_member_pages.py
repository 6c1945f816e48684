"""Pages about a club's members: the list, inviting one or a file of them, removing with a way back,
and the codes that let people in."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.clubs.find_clubs import invites_of, members_of, owned_member
from handstamp.clubs.invite_members import (
    Invited,
    create_invite,
    invite_people,
    is_good,
    read_member_file,
    revoke_invite,
)
from handstamp.clubs.leave_club import remove_member
from handstamp.clubs.member_rows import Person
from handstamp.clubs.restore_member import restore_member
from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.portal import words
from handstamp.portal.club_forms import InviteForm, MemberForm
from handstamp.portal.club_frame import club_in, club_path, frame
from handstamp.portal.pages import go, page, render
from handstamp.tickets.guest_file import MAX_BYTES

PAGE = 50


@page
async def members(request: Request) -> Response:
    """List a club's members; take one more by e-mail."""
    require_preorders(request)
    form = await MemberForm.from_formdata(request)
    if request.method == "POST" and await form.validate():
        person = Person(form.email.data.strip(), (form.name.data or "").strip())
        try:
            done = await _invite(request, [person])
        except NotFound:
            raise
        except Problem as error:
            form.take(error)
        else:
            return go(request, _here(request), _said(done))
    return await _list(request, form)


def _here(request: Request, tail: str = "/members") -> str:
    return club_path(request.path_params["club_id"], tail)


async def _invite(request: Request, people: list[Person]) -> Invited:
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        club = request.path_params["club_id"]
        return await invite_people(session, of, actor, club, people)


def _said(done: Invited) -> str:
    told = ngettext(
        "%(num)s person is invited by mail.", "%(num)s people are invited by mail.", done.invited
    ) % {"num": done.invited}
    if not done.known:
        return told
    known = ngettext(
        "%(num)s was in the club already.", "%(num)s were in the club already.", done.known
    )
    return f"{told} {known % {'num': done.known}}"


async def _list(request: Request, form: MemberForm, *, problem: Problem | None = None) -> Response:
    query, actor = request.query_params, require_user(request)
    search, status = query.get("q", "").strip()[:100], query.get("status", "")
    status = status if status in words.member_statuses() else ""
    async with services(request).db.read() as session:
        club = await club_in(session, request)
        around = await frame(session, club, "members")
        after_id = query.get("after")
        after = await owned_member(session, actor, club.id, after_id) if after_id else None
        found = await members_of(
            session,
            actor,
            club.id,
            words=search,
            status=status or None,
            after=after,
            limit=PAGE + 1,
        )
    shown = found[:PAGE]
    wrong = bool(form.errors or form.form_errors)
    return render(
        request,
        "club_members.html",
        status=422 if wrong or problem else 200,
        rows=shown,
        form=form,
        problem=problem,
        search=search,
        wanted=status,
        status_names=words.member_statuses(),
        tones=words.MEMBER_TONES,
        first=link(request, after=None) if after_id else None,
        more=link(request, after=shown[-1].id) if len(found) > PAGE else None,
        **around,
    )


@page
async def upload(request: Request) -> Response:
    """Invite everybody in a file, or nobody where rows are bad; those are named by line."""
    require_preorders(request)
    async with services(request).db.read() as session:
        await club_in(session, request)
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput(_("Choose a file first."))
        done = await _invite(request, await read_member_file(await file.read()))
    except NotFound:
        raise
    except Problem as problem:
        return await _list(request, MemberForm(request), problem=problem)
    return go(request, _here(request), _said(done))


@page
async def remove(request: Request) -> Response:
    """End a membership; the notice offers the way back."""
    actor, of = require_user(request), services(request)
    member_id = request.path_params["member_id"]
    async with of.db.write(actor=actor.id) as session:
        club_id = request.path_params["club_id"]
        member = await remove_member(session, of, actor, club_id, member_id)
    said = _("%(email)s is removed. What they pre-ordered and is not charged is let go.")
    undo = (_here(request, f"/members/{member_id}/restore"), _("Undo"))
    return go(request, _here(request), said % {"email": member.email}, undo=undo)


@page
async def restore(request: Request) -> Response:
    """Take a removal back."""
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        ids = (request.path_params["club_id"], request.path_params["member_id"])
        member = await restore_member(session, of, actor, *ids)
    said = _("%(email)s is back. Pre-orders that were let go stay so.")
    return go(request, _here(request), said % {"email": member.email})


@page
async def invites(request: Request) -> Response:
    """List a club's codes; make one and show it once."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    form = await InviteForm.from_formdata(request, days=30)
    fresh = None
    async with of.db.read() as session:
        club = await club_in(session, request)
    if request.method == "POST" and await form.validate():
        try:
            async with of.db.write(actor=actor.id) as session:
                fresh = await create_invite(session, of, actor, club.id, **_values(form))
        except NotFound:
            raise
        except Problem as error:
            form.take(error)
        else:
            form = InviteForm(request, days=30)
    async with of.db.read() as session:
        around = await frame(session, club, "invites")
        found = await invites_of(session, actor, club.id)
    now = of.clock()
    return render(
        request,
        "club_invites.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        fresh=fresh,
        rows=[{"invite": one, "good": is_good(one, now)} for one in found],
        **around,
    )


def _values(form: InviteForm) -> dict[str, Any]:
    return {
        "note": (form.note.data or "").strip(),
        "most_uses": form.most_uses.data,
        "days": form.days.data,
    }


@page
async def revoke(request: Request) -> Response:
    """Take a code back."""
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        ids = (request.path_params["club_id"], request.path_params["invite_id"])
        await revoke_invite(session, of, actor, *ids)
    said = _("The code lets nobody in any more. Who has come in by it stays.")
    return go(request, _here(request, "/invites"), said)


_AROUND_A_FILE = 64 * 1024
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + _AROUND_A_FILE)]
_CLUB = "/organizer/club/{club_id}"
routes = [
    Route(_CLUB + "/members", members, methods=["GET", "POST"]),
    Route(_CLUB + "/members/file", upload, methods=["POST"], middleware=_UPLOADS),
    Route(_CLUB + "/members/{member_id}/remove", remove, methods=["POST"]),
    Route(_CLUB + "/members/{member_id}/restore", restore, methods=["POST"]),
    Route(_CLUB + "/invites", invites, methods=["GET", "POST"]),
    Route(_CLUB + "/invites/{invite_id}/revoke", revoke, methods=["POST"]),
]

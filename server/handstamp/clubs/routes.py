"""The API of clubs: for who runs them, and for their members."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.clubs import shapes
from handstamp.clubs.create_club import create_club
from handstamp.clubs.edit_club import archive_club, edit_club
from handstamp.clubs.find_clubs import (
    Membership,
    Offered,
    club_events,
    club_of,
    clubs_of_organizer,
    invitations,
    invites_of,
    member_counts,
    members_of,
    memberships,
    offer_of,
    owned_member,
)
from handstamp.clubs.invite_members import (
    create_invite,
    invite_people,
    read_member_file,
    revoke_invite,
)
from handstamp.clubs.join_club import accept_invitation, join_by_code
from handstamp.clubs.leave_club import leave_club, remove_member
from handstamp.clubs.member_rows import Person
from handstamp.clubs.models import Club
from handstamp.clubs.offer_event import edit_offer, offer_event, withdraw_event
from handstamp.clubs.shapes import club_body, invite_body, member_body, my_club, offer_body
from handstamp.clubs.supply import left_of
from handstamp.events.find_events import events_by_id, tiers_of_many
from handstamp.events.set_prices import terms_of_many
from handstamp.kit.clock import HOUR
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.idempotency import answer_once, answer_once_outside
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, require_preorders, require_user, services
from handstamp.tickets.guest_file import MAX_BYTES

FILES_PER_HOUR = 60
_TAGS = ["clubs"]
_FRESH = {"Cache-Control": "no-store"}
Work = Callable[[AsyncSession, Services, Actor], Awaitable[BaseModel | dict[str, Any]]]


async def _write(request: Request, work: Work, status: int = 200) -> Response:
    """Do new work once for a signed-in person, in one transaction."""
    require_preorders(request)
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        told = await work(session, of, who)
        body = told.model_dump() if isinstance(told, BaseModel) else told
        return JSONResponse(body, status_code=status, headers=_FRESH)

    return await answer_once(request, f"user:{who.id}", produce)


def _id(request: Request, name: str = "club_id") -> str:
    return str(request.path_params[name])


@spec.validate(query=shapes.ClubQuery, resp=answers(HTTP_200=shapes.ClubsBody), tags=_TAGS)
async def find(request: Request, query: shapes.ClubQuery) -> Response:
    """List the clubs that you run, by name."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await clubs_of_organizer(session, who, query.organizer, archived=query.archived)
        counts = await member_counts(session, [club.id for club in found])
    return JSONResponse({"clubs": [club_body(club, counts) for club in found]}, headers=_FRESH)


@spec.validate(json=shapes.NewOwnedClub, resp=answers(HTTP_201=shapes.ClubBody), tags=_TAGS)
async def create(request: Request, json: shapes.NewOwnedClub) -> Response:
    """Begin a club."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return club_body(await create_club(session, of, who, json.organizer_id, json), {})

    return await _write(request, work, 201)


@spec.validate(resp=answers(HTTP_200=shapes.ClubBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show a club."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        body = await _told(session, await club_of(session, who, _id(request)))
    return JSONResponse(body, headers=_FRESH)


@spec.validate(json=shapes.ClubChange, resp=answers(HTTP_200=shapes.ClubBody), tags=_TAGS)
async def edit(request: Request, json: shapes.ClubChange) -> Response:
    """Change a club; absent members stay as they are."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return await _told(session, await edit_club(session, of, who, _id(request), json))

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.ClubBody), tags=_TAGS)
async def archive(request: Request) -> Response:
    """End a club; what is pre-ordered and not charged is let go."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return await _told(session, await archive_club(session, of, who, _id(request)))

    return await _write(request, work)


@spec.validate(query=shapes.MemberQuery, resp=answers(HTTP_200=shapes.MemberPage), tags=_TAGS)
async def find_members(request: Request, query: shapes.MemberQuery) -> Response:
    """List a club's members by e-mail."""
    who, of, club = require_user(request), services(request), _id(request)
    async with of.db.read() as session:
        after = await owned_member(session, who, club, query.after) if query.after else None
        found = await members_of(
            session,
            who,
            club,
            words=query.words,
            status=query.status,
            after=after,
            limit=query.limit,
        )
    following = found[-1].id if len(found) == query.limit else None
    told = [member_body(member) for member in found]
    return JSONResponse({"members": told, "next": following}, headers=_FRESH)


@spec.validate(json=shapes.NewPeople, resp=answers(HTTP_200=shapes.InvitedBody), tags=_TAGS)
async def invite(request: Request, json: shapes.NewPeople) -> Response:
    """Invite people by e-mail; each new one gets a mail."""
    people = [Person(person.email, person.name) for person in json.people]

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return (await invite_people(session, of, who, _id(request), people))._asdict()

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.InvitedBody), tags=_TAGS)
async def import_members(request: Request) -> Response:
    """Invite everybody in a CSV, TSV or XLSX (the file is the body): all of them, or nobody."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        await club_of(session, who, _id(request))
    await hit(of, f"club-import:{who.id}", limit=FILES_PER_HOUR, window_ms=HOUR)
    people = await read_member_file(await request.body())

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return (await invite_people(session, of, who, _id(request), people))._asdict()

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.MemberBody), tags=_TAGS)
async def remove(request: Request) -> Response:
    """End somebody's membership; what they pre-ordered and is not charged is let go."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        ids = (_id(request), _id(request, "member_id"))
        return member_body(await remove_member(session, of, who, *ids))

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.InvitesBody), tags=_TAGS)
async def find_invites(request: Request) -> Response:
    """List a club's invites; their codes are told only when they are made."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await invites_of(session, who, _id(request))
    return JSONResponse({"invites": [invite_body(one) for one in found]}, headers=_FRESH)


@spec.validate(json=shapes.NewInvite, resp=answers(HTTP_201=shapes.MadeInvite), tags=_TAGS)
async def make_invite(request: Request, json: shapes.NewInvite) -> Response:
    """Make a code, and a link that holds it, which let people into a club."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        made = await create_invite(session, of, who, _id(request), **json.model_dump())
        return {**invite_body(made.invite), "code": made.code, "link": made.link}

    return await _write(request, work, 201)


@spec.validate(resp=answers(HTTP_200=shapes.InviteBody), tags=_TAGS)
async def take_invite_back(request: Request) -> Response:
    """Take a code back; who has come in by it stays."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        ids = (_id(request), _id(request, "invite_id"))
        return invite_body(await revoke_invite(session, of, who, *ids))

    return await _write(request, work)


@spec.validate(query=shapes.OfferQuery, resp=answers(HTTP_200=shapes.OffersBody), tags=_TAGS)
async def find_offers(request: Request, query: shapes.OfferQuery) -> Response:
    """List what a club offers, the latest week first."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        club = await club_of(session, who, _id(request))
        terms = await club_events(session, club.id, query.week)
        events = await events_by_id(session, [one.event_id for one in terms])
        tiers = await tiers_of_many(session, [one.event_id for one in terms])
        added = await terms_of_many(session, list(events.values()))
        told = [
            await _offer(
                session,
                offer_of(club, one, events[one.event_id], tiers[one.event_id], added[one.event_id]),
            )
            for one in terms
        ]
    return JSONResponse({"events": told}, headers=_FRESH)


@spec.validate(json=shapes.NewOffer, resp=answers(HTTP_201=shapes.OfferBody), tags=_TAGS)
async def offer(request: Request, json: shapes.NewOffer) -> Response:
    """Let a club's members pre-order an event in a week."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        return await _offer(session, await offer_event(session, of, who, _id(request), json))

    return await _write(request, work, 201)


@spec.validate(json=shapes.OfferChange, resp=answers(HTTP_200=shapes.OfferBody), tags=_TAGS)
async def change_offer(request: Request, json: shapes.OfferChange) -> Response:
    """Change an offer's terms, or how many tickets are declared."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        ids = (_id(request), _id(request, "event_id"))
        return await _offer(session, await edit_offer(session, of, who, *ids, change=json))

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.OfferBody), tags=_TAGS)
async def withdraw_offer(request: Request) -> Response:
    """Take an event back; what is pre-ordered and not charged is let go, with a mail."""

    async def work(session: AsyncSession, of: Services, who: Actor) -> dict[str, Any]:
        ids = (_id(request), _id(request, "event_id"))
        return await _offer(session, await withdraw_event(session, of, who, *ids))

    return await _write(request, work)


@spec.validate(resp=answers(HTTP_200=shapes.MyClubs), tags=_TAGS)
async def mine(request: Request) -> Response:
    """List your clubs, and those that have invited you."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = [*await memberships(session, who.id), *await invitations(session, who.email)]
    told = [my_club(membership).model_dump() for membership in found]
    return JSONResponse({"clubs": told}, headers=_FRESH)


@spec.validate(json=shapes.JoinRequest, resp=answers(HTTP_200=shapes.MyClub), tags=_TAGS)
async def join(request: Request, json: shapes.JoinRequest) -> Response:
    """Join a club by an invite's code, or one whose invitation came to your address."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    if bool(json.code) == bool(json.club_id):
        raise BadInput(_("Send either a code or the id of a club."))

    async def produce() -> Response:
        joined = await _join(of, who, json)
        return JSONResponse(my_club(joined).model_dump(), headers=_FRESH)

    return await answer_once_outside(request, f"user:{who.id}", produce)


async def _join(of: Services, who: Actor, wanted: shapes.JoinRequest) -> Membership:
    if wanted.code:
        return await join_by_code(of, who, wanted.code)
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        return await accept_invitation(session, of, who, wanted.club_id)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def leave(request: Request) -> Response:
    """Leave a club, or turn its invitation down."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        await leave_club(session, of, who, _id(request))
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


async def _told(session: AsyncSession, club: Club) -> dict[str, Any]:
    return club_body(club, await member_counts(session, [club.id]))


async def _offer(session: AsyncSession, offered: Offered) -> dict[str, Any]:
    left = await left_of(session, offered.terms, offered.event, offered.tiers)
    return offer_body(offered, left)


_CLUBS = "/api/tickets/admin/clubs"
_CLUB = f"{_CLUBS}/{{club_id}}"
_MINE = "/api/tickets/me/clubs"
_UPLOADS = [Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BYTES + 1)]

routes: list[BaseRoute] = [
    Route(_CLUBS, find, methods=["GET"]),
    Route(_CLUBS, create, methods=["POST"]),
    Route(_CLUB, show, methods=["GET"]),
    Route(_CLUB, edit, methods=["PATCH"]),
    Route(f"{_CLUB}/archive", archive, methods=["POST"]),
    Route(f"{_CLUB}/members", find_members, methods=["GET"]),
    Route(f"{_CLUB}/members", invite, methods=["POST"]),
    Route(f"{_CLUB}/members/import", import_members, methods=["POST"], middleware=_UPLOADS),
    Route(f"{_CLUB}/members/{{member_id}}", remove, methods=["DELETE"]),
    Route(f"{_CLUB}/invites", find_invites, methods=["GET"]),
    Route(f"{_CLUB}/invites", make_invite, methods=["POST"]),
    Route(f"{_CLUB}/invites/{{invite_id}}", take_invite_back, methods=["DELETE"]),
    Route(f"{_CLUB}/events", find_offers, methods=["GET"]),
    Route(f"{_CLUB}/events", offer, methods=["POST"]),
    Route(f"{_CLUB}/events/{{event_id}}", change_offer, methods=["PATCH"]),
    Route(f"{_CLUB}/events/{{event_id}}", withdraw_offer, methods=["DELETE"]),
    Route(_MINE, mine, methods=["GET"]),
    Route(f"{_MINE}/join", join, methods=["POST"]),
    Route(f"{_MINE}/{{club_id}}", leave, methods=["DELETE"]),
]

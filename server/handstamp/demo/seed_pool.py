"""The demo's second club: its members' cards are charged, and they wait for somebody's tickets."""

import csv
import io
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.create_club import create_club
from handstamp.clubs.find_clubs import club_events, clubs_of_organizer
from handstamp.clubs.invite_members import invite_people
from handstamp.clubs.join_club import accept_invitation
from handstamp.clubs.member_rows import Person
from handstamp.clubs.models import Club
from handstamp.clubs.offer_event import offer_event
from handstamp.clubs.rules import window_of
from handstamp.clubs.shapes import NewClub, NewOffer
from handstamp.demo.seed_club import (
    BUYER,
    Evening,
    Fan,
    club_event,
    member_actor,
    moment_of,
    pre_order,
)
from handstamp.demo.stripe_double import Double
from handstamp.demo.tonight import ZONE
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, MINUTE
from handstamp.plumbing.local_time import day_number, month_name
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.approve_preorders import approve_up_to_stock
from handstamp.preorders.charge_run import begin
from handstamp.preorders.plan_run import due_plan
from handstamp.preorders.request_preorder import Wish
from handstamp.preorders.rules import last_slot

NAME, SLUG = "Harbour Circle", "harbour-night"
EARLY, LATE, MISTYPED = "Entry 20:00 – 20:30", "Entry 21:30 – 22:00", "Entri 21.30-22:00"
PROMISED = 10
FANS = (
    Fan(BUYER.name, BUYER.email),
    Fan("Theo Okonkwo", "theo@example.org"),
    Fan("Ines Carvalho", "ines@example.org", tier=1),
    Fan("Noor Haddad", "noor@example.org", tier=1),
)
HEADER = ("Event", "Variant", "Email", "Password")
TICKETS = (
    (EARLY, "harbour.guest1@tickets.example", "tide-lamp-48"),
    (EARLY, "harbour.guest2@tickets.example", "anchor-moss-17"),
    (EARLY, "harbour.guest3@tickets.example", "gull-copper-62"),
    (LATE, "harbour.guest4@tickets.example", "rope-violet-95"),
    (MISTYPED, "harbour.guest5@tickets.example", "pier-amber-30"),
    (LATE, "guest6 (no address)", "buoy-silver-71"),
)


async def seed_pool(services: Services, double: Double, organizer_id: str) -> str:
    """Offer an evening in the last week that is due, and begin to charge; return its event's id.

    The demo's worker makes the charges once it runs. What is there already stays.
    """
    club = await _club(services, organizer_id)
    now = services.clock()
    week = last_slot(now, club.time_zone, club.charge_weekday, club.charge_at).week
    async with services.db.read() as session:
        offered = await club_events(session, club.id, week)
    if offered:
        return offered[0].event_id
    then = window_of(week, club.time_zone).opens + DAY // 2
    event = await _offer(replace(services, clock=moment_of(then)), club, week)
    async with services.db.read() as session:
        tiers = [tier.id for tier in await tiers_of(session, event.id)]
    for number, fan in enumerate(FANS):
        as_of = replace(services, clock=moment_of(then + number * MINUTE))
        await pre_order(as_of, double, fan, Wish(club.id, event.id, tiers[fan.tier], agreed=True))
    async with services.db.write(actor="demo") as session:
        await approve_up_to_stock(session, services, SYSTEM, club.id, event.id)
        planned = await due_plan(session, club, now)
        await begin(session, services, club, planned, by=SYSTEM, started_by="demo")
    return event.id


async def _club(services: Services, organizer_id: str) -> Club:
    async with services.db.write(actor="demo") as session:
        known = await clubs_of_organizer(session, SYSTEM, organizer_id)
        club = next((one for one in known if one.name == NAME), None)
        if club is None:
            about = "Evenings of others: their tickets come as a file, and go to who paid first."
            new = NewClub(name=NAME, time_zone=ZONE, about=about)
            club = await create_club(session, services, SYSTEM, organizer_id, new)
            people = [Person(fan.email, fan.name) for fan in FANS]
            await invite_people(session, services, SYSTEM, club.id, people)
            for person in people:
                actor = await member_actor(session, person)
                await accept_invitation(session, services, actor, club.id)
        return club


async def _offer(services: Services, club: Club, week: str) -> Event:
    starts = window_of(week, club.time_zone).opens + 20 * DAY
    on = f"{day_number(starts, ZONE)} {month_name(starts, ZONE)}"
    evening = Evening(
        f"Harbour Night, {on}",
        "Somebody else's concert on a ship. Its tickets come as accounts in a file.",
        SLUG,
        ((EARLY, 3_000, PROMISED), (LATE, 2_400, PROMISED)),
    )
    async with services.db.write(actor="demo") as session:
        event = await club_event(session, services, club, week, evening)
        declared = {tier.id: PROMISED for tier in await tiers_of(session, event.id)}
        offer = NewOffer(event_id=event.id, week=week, stock="declared", declared=declared)
        await offer_event(session, services, SYSTEM, club.id, offer)
        return event


async def pool_file(session: AsyncSession) -> bytes | None:
    """Return the file of tickets to try the newest evening with; None where there is none."""
    latest = select(Event.title).where(Event.slug.startswith(f"{SLUG}-"))
    title = await session.scalar(latest.order_by(Event.start_at.desc()).limit(1))
    if title is None:
        return None
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows((title, *ticket) for ticket in TICKETS)
    return text.getvalue().encode()

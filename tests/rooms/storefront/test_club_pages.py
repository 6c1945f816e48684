"""Clubs without scripts: coming in, this week's events, a card at Stripe, until the deadline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.clubs import make_club_sale, make_member, make_offer
from tests.factories.events import make_event, make_tier
from tests.factories.payments import selling_settings
from tests.factories.preorders import make_card, make_preorder, stored
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.storefront.conftest import Shopper

from handstamp.auth.login_codes import six_digits
from handstamp.auth.models import LoginCode
from handstamp.clubs.find_clubs import Offered, memberships
from handstamp.clubs.invite_members import MadeInvite, create_invite, invite_people
from handstamp.clubs.member_rows import Person as Invitee
from handstamp.clubs.models import Club, ClubMember
from handstamp.events.models import Tier
from handstamp.events.publish_event import publish_event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.mail.models import Mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.approve_preorders import deny
from handstamp.preorders.models import PreOrder, SavedCard

pytestmark = pytest.mark.anyio

SENTENCE = (  # seed 1, to the letter
    "Pre-order received. We’ll charge your card at 7PM Tuesday if your ticket is confirmed."
)


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server with clubs, which sells through the double."""
    return selling_settings(database_url, stripe_double, enable_preorders=True)


@dataclass
class ClubWorld:
    """A club, an event of this week with two tiers, and a member's browser."""

    services: Services
    clock: FakeClock
    double: StripeDouble
    club: Club
    offer: Offered
    tiers: Sequence[Tier]
    member: Shopper

    @property
    def form(self) -> str:
        """The page on which the first tier is pre-ordered."""
        return self.form_of(self.offer)

    def form_of(self, offer: Offered, tier: int = 0) -> str:
        """Return the page on which a tier is pre-ordered."""
        asked = f"club={self.club.id}&event={offer.event.id}&tier={offer.tiers[tier].id}"
        return f"/tickets/me/pre-orders/new?{asked}"

    async def place(self, offer: Offered | None = None, **others: str) -> PreOrder | None:
        """Agree and send the form; return what was placed last."""
        shown = offer or self.offer
        names = {"club": self.club.id, "event": shown.event.id, "tier": shown.tiers[0].id}
        wanted = {**names, "card": "new", "agreed": "y", **others}
        page = self.form_of(shown)
        await self.member.post("/tickets/me/pre-orders/new", wanted, on=page)
        async with self.services.db.read() as session:
            newest = select(PreOrder).order_by(PreOrder.created_at.desc(), PreOrder.id.desc())
            return (await session.scalars(newest.limit(1))).first()

    async def give_card(self, preorder: PreOrder, card: str = "4242424242424242") -> None:
        """Give a card on the page of Stripe's that the browser was sent to, and come back."""
        assert self.member.left_for.startswith(self.double.url), self.member.text
        await self.double.pay(self.member.left_for.rpartition("/")[2], card)
        self.clock.advance(5_000)
        await self.member.get(f"/tickets/me/pre-orders/{preorder.id}")


@pytest.fixture
async def world(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, stripe_double: StripeDouble
) -> ClubWorld:
    """The club of this week, with Mia signed in."""
    account = await stripe_double.account()
    club, offer, tiers = await make_club_sale(services, account=account, currency="GBP")
    person, _membership = await make_member(services, club)
    member = Shopper(client, person)
    return ClubWorld(services, clock, stripe_double, club, offer, tiers, member)


async def make_invite(world: ClubWorld, **others: Any) -> MadeInvite:
    """Make a code of the club."""
    async with world.services.db.write() as session:
        return await create_invite(session, world.services, SYSTEM, world.club.id, **others)


async def newest_code(world: ClubWorld) -> str:
    """Return the digits of the newest sign-in mail."""
    async with world.services.db.read() as session:
        newest = select(LoginCode.id).order_by(LoginCode.created_at.desc()).limit(1)
        login = await session.scalar(newest)
    assert login
    return six_digits(world.services.settings.secret_bytes(), login)


async def mails_to(world: ClubWorld, email: str) -> list[str]:
    """Return the kinds of mails to somebody."""
    async with world.services.db.read() as session:
        query = select(Mail.kind).where(Mail.to_email == email).order_by(Mail.created_at)
        return list(await session.scalars(query))


async def test_a_link_joins_after_the_mail_and_opening_it_changes_nothing(
    world: ClubWorld, shopper: Shopper
) -> None:
    invite = await make_invite(world)
    link = invite.link.removeprefix("http://testserver")
    await shopper.get(link)
    assert "Harry's Club" in shopper.text
    assert "10 % off every ticket" in shopper.text
    await shopper.post(link, {"code": invite.code, "email": "nia@example.org"})
    assert await mails_to(world, "nia@example.org") == ["sign_in"]
    await shopper.post("/tickets/sign-in/code", {"code": await newest_code(world)})
    assert shopper.path == link
    async with world.services.db.read() as session:
        known = select(ClubMember).where(ClubMember.email == "nia@example.org")
        assert (await session.scalars(known)).first() is None
    await shopper.post("/tickets/clubs/join", {"code": invite.code})
    assert shopper.path == "/tickets/me/"
    assert "You are a member of Harry's Club." in shopper.text
    assert world.offer.event.title in shopper.text


async def test_a_code_is_typed_as_people_do_and_a_wrong_one_is_refused(
    world: ClubWorld, shopper: Shopper
) -> None:
    invite = await make_invite(world)
    typed = invite.code.replace("-", " ").lower()
    await shopper.post(
        "/tickets/clubs/join", {"code": typed, "do": "look"}, on="/tickets/clubs/join"
    )
    assert shopper.path == f"/tickets/clubs/join?code={invite.code}"
    await shopper.post("/tickets/clubs/join", {"code": ""}, on="/tickets/clubs/join")
    assert (shopper.status, "Write the code" in shopper.text) == (422, True)
    await shopper.post(
        "/tickets/clubs/join", {"code": "0000-0000-0000", "do": "look"}, on="/tickets/clubs/join"
    )
    assert (shopper.status, "This code is wrong" in shopper.text) == (410, True)


async def test_nobody_is_told_whether_an_address_is_a_members(
    world: ClubWorld, shopper: Shopper
) -> None:
    seen = []
    for email in ("mia@example.org", "stranger@example.org"):
        await shopper.post("/tickets/me/sign-in", {"email": email}, on="/tickets/me/")
        seen.append((shopper.path, shopper.status, shopper.text.replace(email, "…")))
    assert seen[0] == seen[1]
    assert await mails_to(world, "stranger@example.org") == []
    assert "sign_in" in await mails_to(world, "mia@example.org")


async def test_an_invitation_by_mail_is_taken_up_or_turned_down(
    world: ClubWorld, client: httpx2.AsyncClient
) -> None:
    async with world.services.db.write() as session:
        people = [Invitee("nia@example.org"), Invitee("noa@example.org")]
        await invite_people(session, world.services, SYSTEM, world.club.id, people)
    nia = Shopper(client, await make_person(world.services, "nia@example.org"))
    await nia.get("/tickets/clubs")
    assert "Harry's Club has invited you" in nia.text
    await nia.post(f"/tickets/me/clubs/{world.club.id}/accept")
    assert "You are a member of Harry's Club." in nia.text
    noa = Shopper(client, await make_person(world.services, "noa@example.org"))
    await noa.get("/tickets/me/")
    await noa.post(f"/tickets/me/clubs/{world.club.id}/decline")
    assert "You are in no club yet" in noa.text
    await noa.post(f"/tickets/me/clubs/{world.club.id}/accept")
    assert noa.status == 404


async def test_the_week_stands_there_with_prices_and_its_end(world: ClubWorld) -> None:
    text = (await world.member.get("/tickets/me/")).text
    assert "Open until Sunday 23:59 (London time)" in text
    assert "You may pre-order 1 event this week." in text
    assert "General Full price: £25.00 Your price: £22.50" in text
    await world.member.get(world.form)
    assert "Charged now £0.00" in world.member.text
    assert "to charge my card £22.50 once for this ticket, after 7PM on Tuesday" in (
        world.member.text
    )
    assert "Pre-order – no charge now" in world.member.text


async def test_a_card_is_given_at_stripe_and_the_seeds_sentence_stands_there(
    world: ClubWorld,
) -> None:
    preorder = await world.place()
    assert preorder is not None
    assert preorder.status == "draft"
    await world.member.get("/tickets/me/")
    assert "Card missing" in world.member.text
    await world.give_card(preorder)
    assert (await stored(world.services, preorder)).status == "pending"
    assert SENTENCE in world.member.text
    assert "Visa •••• 4242" in world.member.text
    await world.member.get("/tickets/me/")
    assert SENTENCE in world.member.text
    assert "Pending" in world.member.text
    assert await world.double.objects("charge", account=preorder.account) == []


async def test_nothing_is_placed_without_consent(world: ClubWorld) -> None:
    assert await world.place(agreed="") is None
    assert world.member.status == 400
    assert "Agree that your card may be charged" in world.member.text
    assert 'aria-invalid="true"' in world.member.html


async def test_a_saved_card_is_used_again_and_can_be_replaced(world: ClubWorld) -> None:
    person = world.member.person
    assert person is not None
    card = await make_card(world.services, person, world.club)
    await world.member.get(world.form)
    assert f'value="{card.id}" checked' in world.member.html
    preorder = await world.place(card=card.id)
    assert preorder is not None
    assert world.member.path == f"/tickets/me/pre-orders/{preorder.id}"
    assert SENTENCE in world.member.text
    page = world.member.path
    await world.member.post(page, {"tier": preorder.tier_id, "card": "new"})
    await world.give_card(preorder, "5555555555554444")
    changed = await stored(world.services, preorder)
    assert (changed.status, changed.card_last4) == ("pending", "4444")
    assert "4444" in world.member.text


async def test_another_tier_until_the_deadline_and_a_clear_refusal_after(world: ClubWorld) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    page = f"/tickets/me/pre-orders/{preorder.id}"
    await world.member.post(page, {"tier": world.tiers[1].id, "card": ""}, on=page)
    assert "Saved. Your pre-order is changed." in world.member.text
    assert "If your ticket is confirmed £36.00" in world.member.text
    token_page = world.member.html
    world.clock.advance(world.offer.window.closes - world.clock())
    await world.member.post(page, {"tier": world.tiers[0].id, "card": ""})
    assert "The deadline is over" in world.member.text
    assert (await stored(world.services, preorder)).tier_id == world.tiers[1].id
    assert "Save changes" not in world.member.text
    world.member.html = token_page
    await world.member.post(f"{page}/cancel")
    assert "The deadline is over" in world.member.text
    assert (await stored(world.services, preorder)).status == "pending"


async def test_cancelling_is_asked_for_and_frees_the_week(world: ClubWorld) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    async with world.services.db.write() as session:
        start = world.clock() + 21 * DAY
        other = await make_event(
            session,
            world.services,
            organizer_id=world.club.organizer_id,
            title="Second Night",
            start_at=start,
            end_at=start + HOUR,
            currency="GBP",
            published=False,
            tiers=(),
            lists=(),
        )
        await make_tier(session, world.services, other, "Seat", price_cents=2_000)
        await publish_event(session, world.services, SYSTEM, other.id, "published")
    second = await make_offer(world.services, world.club, other)
    await world.member.get("/tickets/me/")
    assert "You have used your pre-orders of this week." in world.member.text
    assert "You may pre-order once a week." in world.member.text
    await world.place(second)
    assert (world.member.status, "once a week" in world.member.text) == (409, True)
    page = f"/tickets/me/pre-orders/{preorder.id}/cancel"
    await world.member.get(page)
    assert (await stored(world.services, preorder)).status == "pending"
    await world.member.post(page)
    assert "Your pre-order is cancelled. Nothing was charged." in world.member.text
    assert "You may pre-order 1 event this week." in world.member.text


async def test_statuses_are_told_with_what_they_mean(world: ClubWorld) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    await world.member.get("/tickets/me/")
    assert "Your card has not been charged." in world.member.text
    before = (await world.member.get("/tickets/me/status")).html
    async with world.services.db.write() as session:
        await deny(session, world.services, SYSTEM, world.offer.event.id, [preorder.id])
    assert (await world.member.get("/tickets/me/status")).html != before
    await world.member.get(f"/tickets/me/pre-orders/{preorder.id}")
    assert "Not selected – not charged" in world.member.text
    assert "There were more pre-orders than tickets. You were not charged." in world.member.text


async def test_a_card_in_use_stays_and_another_is_removed(world: ClubWorld) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    async with world.services.db.read() as session:
        wanted = SavedCard.payment_method_id == preorder.payment_method_id
        card = (await session.scalars(select(SavedCard).where(wanted))).one()
    await world.member.get("/tickets/me/")
    await world.member.post(f"/tickets/me/cards/{card.id}/remove")
    assert "A pre-order needs this card." in world.member.text
    await world.member.post(f"/tickets/me/pre-orders/{preorder.id}/cancel")
    await world.member.post(f"/tickets/me/cards/{card.id}/remove")
    assert "The card is removed." in world.member.text
    assert "Saved cards" not in world.member.text


async def test_leaving_is_asked_for(world: ClubWorld) -> None:
    page = f"/tickets/me/clubs/{world.club.id}/leave"
    await world.member.get(page)
    assert "Leave Harry's Club?" in world.member.text
    await world.member.post(page)
    assert "You have left Harry's Club." in world.member.text
    person = world.member.person
    assert person is not None
    async with world.services.db.read() as session:
        assert await memberships(session, person.actor.id) == []
    assert (await world.member.get(page)).status == 404


async def test_a_pre_order_is_its_members_alone(
    world: ClubWorld, client: httpx2.AsyncClient, shopper: Shopper
) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    eve = Shopper(client, await make_person(world.services, "eve@example.org"))
    for tail in ("", "/status", "/cancel"):
        await eve.get(f"/tickets/me/pre-orders/{preorder.id}{tail}")
        assert eve.status == 404
    await eve.get(world.form)
    assert eve.status == 404
    await shopper.get(f"/tickets/me/pre-orders/{preorder.id}")
    assert shopper.path.startswith("/tickets/me/sign-in?next=")
    found = re.search(r'name="next" value="([^"]+)"', shopper.html)
    assert found
    assert found[1] == f"/tickets/me/pre-orders/{preorder.id}"


async def test_switched_off_there_is_nothing_to_choose_and_what_is_placed_stays(
    world: ClubWorld, shopper: Shopper
) -> None:
    _person, preorder = await make_preorder(world.services, world.offer, person=world.member.person)
    world.services.settings = world.services.settings.model_copy(update={"enable_preorders": False})
    await world.member.get(world.form)
    assert world.member.status == 503
    await world.member.get("/tickets/me/")
    assert (world.member.status, "Pending" in world.member.text) == (200, True)
    assert "Pre-order –" not in world.member.text
    await shopper.get("/tickets/clubs/join")
    assert shopper.status == 503
    await world.member.post(
        f"/tickets/me/pre-orders/{preorder.id}/cancel",
        on=f"/tickets/me/pre-orders/{preorder.id}/cancel",
    )
    assert "Your pre-order is cancelled." in world.member.text

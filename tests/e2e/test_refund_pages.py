"""A refund that failed and disputes, in a real browser: said, asked about, and what axe says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.e2e.member_world import member_world
from tests.e2e.stage import DESKTOP, PHONE
from tests.e2e.test_club_pages import Week, begin_week, browser_of

from handstamp.kit.clock import HOUR
from handstamp.payments.models import Payment
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Dispute, Refund


async def fail_a_refund(services: Services, preorder_id: str) -> None:
    """Leave a pre-order as Stripe leaves it whose refund the bank did not take."""
    now = services.clock()
    async with services.db.write() as session:
        wish = await session.get_one(PreOrder, preorder_id)
        wish.status, wish.paid_at, wish.payment_intent_id = "refund_failed", now - HOUR, "pi_1"
        session.add(
            Payment(
                id="pay_1", subject_kind="preorder", subject_id=wish.id, account="acct_1",
                organizer_id=wish.organizer_id, charge_type="direct", destination="",
                payment_intent_id="pi_1", charge_id="ch_1", amount=wish.total,
                currency=wish.currency, application_fee=0, stripe_fee=70, status="succeeded",
                created_at=now - HOUR, paid_at=now - HOUR,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            Refund(
                id="rf_1", preorder_id=wish.id, payment_id="pay_1", account="acct_1",
                amount=wish.total, currency=wish.currency, reason="event_changed",
                note="Moved to the other hall", status="failed", origin="organizer",
                failure="expired_or_canceled_card", created_at=now, settled_at=now,
            )
        )  # fmt: skip


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """A running installation with a pre-order whose refund failed."""
    with member_world(tmp_path_factory.mktemp("refund")) as world:
        world.start()
        made = begin_week(world)
        world.work(lambda services: fail_a_refund(services, made.preorder))
        yield made


@pytest.fixture(scope="module")
def disputed(week: Week) -> Week:
    """The same, with disputes of the pre-order's payment."""
    week.world.work(lambda services: dispute_it(services, week.preorder))
    return week


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_organizer_is_told_and_asked_before_trying_again(
    page_browser: Browser, week: Week, viewport: dict[str, int]
) -> None:
    office = browser_of(page_browser, week, week.owner, viewport=viewport)
    page = office.open(f"{week.wishes}/{week.preorder}")
    expect(page.get_by_role("status")).to_contain_text("A refund failed.")
    expect(page.get_by_text("Moved to the other hall")).to_be_visible()
    assert office.faults() == []
    again = page.get_by_role("button", name="Try the refund again")
    again.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Refund £36.00?")
    dialog.get_by_label("Reason").select_option("They asked for it")
    dialog.get_by_label("Note for your own people").fill("Called twice")
    assert office.faults() == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(again).to_be_focused()
    page = office.open(week.wishes)
    page.get_by_role("link", name="Show", exact=True).click()
    expect(page.get_by_text("Refund failed", exact=True).last).to_be_visible()
    assert office.faults() == []
    page.context.close()


@pytest.mark.parametrize("light", ["light", "dark"])
def test_the_member_is_told(page_browser: Browser, week: Week, light: str) -> None:
    member = browser_of(page_browser, week, week.placed, viewport=PHONE, color_scheme=light)
    page = member.open(f"/tickets/me/pre-orders/{week.preorder}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Refund failed")
    expect(page.get_by_role("status")).to_contain_text("The organizer knows and will try again.")
    assert member.faults() == []
    page.context.close()


async def dispute_it(services: Services, preorder_id: str) -> None:
    """Have banks dispute a pre-order's payment: one to answer soon, one that was lost."""
    now = services.clock()
    async with services.db.write() as session:
        payment = await session.get_one(Payment, "pay_1")
        for id_, reason, left in (("du_1", "fraudulent", 20 * HOUR), ("du_2", "duplicate", 0)):
            session.add(
                Dispute(
                    id=id_, payment_id=payment.id, preorder_id=preorder_id, account="acct_1",
                    amount=payment.amount, currency=payment.currency, reason=reason,
                    status="needs_response" if left else "lost", outcome="" if left else "lost",
                    respond_by=now + left, created_at=now - HOUR,
                    closed_at=None if left else now,
                )
            )  # fmt: skip


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("light", ["light", "dark"])
def test_disputes_and_the_sheet_for_the_bank(
    page_browser: Browser, disputed: Week, viewport: dict[str, int], light: str
) -> None:
    week = disputed
    office = browser_of(page_browser, week, week.owner, viewport=viewport, color_scheme=light)
    page = office.open(f"/tickets/organizer/events/{week.event}/disputes")
    expect(page.get_by_text("hours left")).to_be_visible()
    expect(page.get_by_role("heading", name="What the bank wants to see")).to_be_visible()
    expect(page.get_by_text("Lost", exact=True)).to_be_visible()
    assert office.faults() == []
    with page.expect_download() as taken:
        page.get_by_role("button", name="Evidence sheet").first.click()
    assert taken.value.suggested_filename.startswith("evidence-")
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    page.context.close()

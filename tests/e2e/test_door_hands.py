"""What people do at the door beside scanning: hand scanners, undo, parties, exits, the drill."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from playwright.sync_api import expect
from tests.e2e.door_world import DoorPhone, World
from tests.e2e.test_door_camera import begin_shift
from tests.factories.tickets import make_holders, make_tickets, make_tokens

from handstamp.checkin.models import Device
from handstamp.checkin.wire import decode_fact
from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.entry_rules import EntryRules
from handstamp.events.find_events import tiers_of
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.events.set_supervisor_pin import hashed_pin, set_supervisor_pin
from handstamp.events.shapes import EventChange, TierChange
from handstamp.plumbing.web import SYSTEM, Services

PIN = "294751"


def arrange(world: World, entry: EntryRules | None = None, *, pin: str = "", **event: Any) -> None:
    """Set the list's rules, a PIN and members of the event before doors."""

    async def act(services: Services) -> None:
        hashed = await hashed_pin(pin) if pin else ""
        async with services.db.write() as session:
            if entry:
                await save_list(
                    session, services, SYSTEM, world.event.id,
                    number=1, name="Main door", tiers=[ListTier(1)], entry=entry,
                )  # fmt: skip
            if hashed:
                await set_supervisor_pin(session, services, SYSTEM, world.event.id, hashed)
            if event:
                change = EventChange(**event)
                await edit_event(session, services, SYSTEM, world.event.id, change=change)

    world.work(act)


def add_party(world: World, order: str) -> list[str]:
    """Issue three tickets of one order; return their tokens."""

    async def act(services: Services) -> list[str]:
        async with services.db.write() as session:
            holders = [replace(holder, order=order) for holder in make_holders(3, 90)]
            made = await make_tickets(session, services, world.event, holders=holders)
            return list(await make_tokens(session, services, world.event, made))

    return world.work(act)


NO_SILENCE = """() => {
  const real = window.setTimeout;
  window.setTimeout = (act, wait, ...more) => (wait === 200 ? 0 : real(act, wait, ...more));
}"""


def type_like_a_scanner(phone: DoorPhone, text: str) -> None:
    """Press keys 4 ms apart by the clock that the page sees, and Enter.

    A busy machine may take longer between two of them: that is not a scanner's silence.
    """
    phone.page.evaluate(NO_SILENCE)
    session = phone.page.context.new_cdp_session(phone.page)
    at = time.time()
    for key in [*text, "Enter"]:
        at += 0.004
        typed = {"text": "\r"} if key == "Enter" else {"text": key}
        down = {"type": "keyDown", "key": key, "timestamp": at, **typed}
        session.send("Input.dispatchKeyEvent", down)
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": at})
    session.detach()


def banner(phone: DoorPhone, word: str) -> None:
    """Wait for a verdict on the screen."""
    expect(phone.page.locator(".verdict-banner:not([hidden]) .verdict-word")).to_have_text(word)


def chip(phone: DoorPhone, icon: str) -> None:
    """Put the banner away and tap what may be done about the last verdict."""
    phone.page.keyboard.press("Escape")
    phone.page.locator(f".chip:has(.icon-{icon})").click()


def kinds(world: World, phone: DoorPhone) -> list[int]:
    """Hand everything in; return the kinds of the phone's facts in their order."""
    phone.call("(app) => app.door.syncNow()")
    phone.settle(pending=0)
    return [fact.kind for fact in world.facts(phone.device)]


def test_a_hand_scanner_is_heard_on_every_page_and_presses_nothing(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    phone.page.locator(".tab:has(.icon-settings)").click()
    button = phone.page.get_by_role("button", name="Leave this event")
    button.focus()
    type_like_a_scanner(phone, world.tokens[0])
    banner(phone, "Valid")
    expect(phone.page.get_by_role("dialog")).to_have_count(0)
    assert button.evaluate("(node) => node === document.activeElement"), "no focus was stolen"
    phone.page.locator(".tab:has(.icon-search)").click()
    type_like_a_scanner(phone, world.tokens[1])  # the field has the focus and is a field
    banner(phone, "Valid")
    assert kinds(world, phone) == [1, 1]
    assert {fact.how for fact in world.facts(phone.device)} == {4}


def test_undo_override_and_exit_without_a_server_reach_it_as_facts(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    arrange(world, EntryRules(mode="reentry", capacity=2), pin=PIN)
    world.refund(world.tickets[1])
    phone = new_phone()
    phone.pair(world.code())
    phone.until(
        "async (app, serial) => app.door.tickets.index.ticket(serial)[2] === 1",
        world.tickets[1].serial,
    )
    world.kill()
    begin_shift(phone)
    phone.type(world.tokens[0])
    banner(phone, "Valid")
    chip(phone, "undo")
    phone.page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    banner(phone, "Undone")

    phone.type(world.tokens[1])
    banner(phone, "Refunded")
    phone.page.get_by_role("button", name="Admit anyway").first.click()
    sheet = phone.page.get_by_role("dialog")
    sheet.get_by_label("Supervisor PIN").fill("000001")
    sheet.get_by_role("button", name="Admit anyway").click()
    expect(sheet.get_by_role("alert")).to_contain_text("4 more tries")
    sheet.get_by_label("Supervisor PIN").fill(PIN)
    sheet.get_by_role("button", name="Admit anyway").click()
    banner(phone, "Let in")

    phone.page.keyboard.press("Escape")
    expect(phone.page.locator(".inside-line")).to_contain_text("At least 1 of 2 inside")
    phone.page.locator(".mode-switch").click()
    expect(phone.page.locator(".exit-band")).to_be_visible()
    phone.page.reload()
    phone.ready()
    assert phone.type(world.tokens[1])["kind"] == "exit"
    assert phone.type(world.tokens[0])["verdict"] == "not_inside"
    expect(phone.page.locator(".inside-line")).to_contain_text("At least 0 of 2 inside")

    world.start()
    assert kinds(world, phone) == [1, 4, 5, 3, 2, 2]
    override = decode_fact(world.facts(phone.device)[2].bytes)
    assert (override.flags & 8, override.note) == (8, "Guest of the organizer")
    assert [fact.granted for fact in world.facts(phone.device)[1:3]] == [32, 16]


def test_a_party_comes_in_and_is_taken_back_at_once_and_a_look_comes_before_the_light(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    tokens = add_party(world, "FAMILY-7")
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    phone.type(tokens[0])
    banner(phone, "Valid")
    chip(phone, "party")
    phone.page.get_by_role("button", name="Admit 2 guests").click()
    banner(phone, "2 let in")
    chip(phone, "undo")
    phone.page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    banner(phone, "Undone")
    expect(phone.page.locator(".verdict-banner .look-lines li")).to_have_count(2)
    assert kinds(world, phone) == [1, 1, 1, 4, 4]
    assert [fact.granted for fact in world.facts(phone.device)[3:]] == [32, 32]

    async def ask_the_age(services: Services) -> None:
        async with services.db.write() as session:
            (tier, *_) = await tiers_of(session, world.event.id)
            change = TierChange(prompt_kinds=["age"], prompt_text="Blue band")
            await edit_tier(session, services, SYSTEM, world.event.id, tier.id, change=change)

    world.work(ask_the_age)
    prompted = "(app) => app.door.tickets.index.header.tiers.some(({prompt}) => prompt)"
    phone.until(prompted)
    phone.type(world.tokens[0])
    banner(phone, "Look first")
    expect(phone.page.locator(".look-lines").first).to_contain_text("Blue band")
    assert len(kinds(world, phone)) == 5, "nothing is decided before the tap"
    phone.page.keyboard.press("Enter")
    banner(phone, "Valid")
    assert kinds(world, phone)[5:] == [1]


def test_a_code_in_view_waits_for_the_answer_to_a_question(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    phone.page.get_by_role("button", name="Type a code").click()
    phone.page.evaluate("(rows) => window.showCode(rows)", world.rows(0))
    phone.page.wait_for_timeout(1_500)
    expect(phone.page.get_by_role("dialog")).to_be_visible()
    assert phone.call("(app) => app.door.log(5)") == []
    phone.page.keyboard.press("Escape")
    banner(phone, "Valid")


def test_two_strict_phones_let_one_guest_in_once(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    arrange(world, strict_budget_ms=2_000)
    phones = [new_phone(), new_phone()]
    for place, phone in enumerate(phones):
        phone.pair(world.code(f"Phone {place}"))
        phone.settle(online=True)
    first = phones[0].type(world.tokens[0])
    second = phones[1].call(
        "async (app, text) => { app.door.tickets.apply = async () => {};"
        " return app.door.scanText(text, 'scan'); }",
        world.tokens[0],
    )
    assert (first["verdict"], second["verdict"], second["admit"]) == (
        "valid", "already_used", False,
    )  # fmt: skip
    assert kinds(world, phones[0]) == [1]
    assert decode_fact(world.facts(phones[0].device)[0].bytes).flags & 16
    world.kill()
    assert phones[0].type(world.tokens[1])["admit"], "the local verdict stands"
    world.start()
    assert kinds(world, phones[0]) == [1, 1]
    assert decode_fact(world.facts(phones[0].device)[1].bytes).flags & 32


def test_a_strict_party_is_asked_for_at_once_and_who_is_refused_is_named(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    tokens = add_party(world, "FAMILY-8")
    arrange(world, strict_budget_ms=5_000)
    phones = [new_phone(), new_phone()]
    for place, phone in enumerate(phones):
        phone.pair(world.code(f"Phone {place}"))
        phone.settle(online=True)
    begin_shift(phones[0])
    phones[0].type(tokens[0])
    banner(phones[0], "Valid")
    taken = phones[1].call(
        """async (app) => {
          const { index } = app.door.tickets;
          for (const serial of index.base.tickets.serials) {
            if (index.ticket(serial)[6] !== 'FAMILY-8') continue;
            const answer = await app.door.claims.begin().ask({ list: 1, serial, epoch: 1 }, 5_000);
            if (answer.granted) return index.ticket(serial)[4];
          }
        }"""
    )
    chip(phones[0], "party")
    phones[0].page.get_by_role("button", name="Admit 2 guests").click()
    banner(phones[0], "1 let in")
    refused = phones[0].page.locator(".party-lines li:has(.icon-close)")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(taken)
    expect(refused).to_contain_text("Being admitted")
    assert kinds(world, phones[0]) in ([1, 1, 2], [1, 2, 1])
    facts = [decode_fact(fact.bytes) for fact in world.facts(phones[0].device)]
    assert {fact.flags & 48 for fact in facts if fact.kind == 1} == {16}, "claimed, each"


def test_the_drill_tries_everything_logs_nothing_and_is_seen_by_the_organizer(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    phone.page.locator(".tab:has(.icon-search)").click()
    for typed in ("jos", "ángel"):
        phone.page.locator("#search-input").fill(typed)
        phone.page.locator(".row.found").first.wait_for()
    phone.page.locator(".tab:has(.icon-settings)").click()
    phone.page.get_by_role("button", name="Check this phone").click()
    phone.page.locator(".drill-sum").wait_for()
    for check in ("list_age", "camera", "worker", "self_scan", "clock", "outbox", "build"):
        expect(phone.page.locator(f"[data-check={check}]")).to_have_class("drill-row green")
    assert kinds(world, phone) == []

    async def told(services: Services) -> Any:
        async with services.db.read() as session:
            device = await session.get_one(Device, phone.device)
            return json.loads(device.status_json)

    phone.until("(app) => app.door.lastDrill !== null")
    end = time.monotonic() + 30
    while "drill" not in (status := world.work(told)):
        assert time.monotonic() < end, "the drill never arrived"
        phone.call("(app) => app.door.syncNow()")
        time.sleep(0.5)
    assert {one["id"]: one["ok"] for one in status["drill"]["checks"]}["self_scan"] is True
    assert sum(count for _name, count in status["searches"]) == 2, "R71"

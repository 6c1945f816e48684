"""A code from elsewhere at the door, with the server dead: found by its digest, kept nowhere."""

import time
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Playwright
from tests.e2e.door_world import DoorPhone, World
from tests.e2e.test_door_camera import begin_shift
from tests.e2e.test_door_fake_device import camera_phone, clip, film_browser
from tests.factories.tickets import make_holders, make_tickets

from handstamp.plumbing.web import Services
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.models import Ticket

CODE = "TKT/4711?x=0815-fOo"
EVERYTHING = """async () => {
    const texts = [];
    const letter = (byte) => String.fromCharCode(byte);
    const bytes = (buffer) => Array.from(new Uint8Array(buffer), letter).join('');
    const tell = (value) => {
        if (value instanceof ArrayBuffer) texts.push(bytes(value));
        else if (ArrayBuffer.isView(value)) texts.push(bytes(value.buffer));
        else if (value && typeof value === 'object') Object.values(value).forEach(tell);
        else texts.push(String(value));
    };
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    let records = 0;
    for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        for (const store of database.objectStoreNames) {
            const rows = await done(database.transaction(store).objectStore(store).getAll());
            records += rows.length;
            rows.forEach(tell);
        }
        database.close();
    }
    for (const storage of [localStorage, sessionStorage]) tell({ ...storage });
    return { records, text: texts.join('\\n') };
}"""


def add_coded(world: World, code: str = CODE) -> Ticket:
    """Issue a ticket that a code from elsewhere admits too."""

    async def act(services: Services) -> Ticket:
        async with services.db.write() as session:
            digest = foreign_code_digest(world.event.number, code)
            holder = replace(make_holders(1, 77)[0], code_digest=digest)
            (made,) = await make_tickets(session, services, world.event, holders=[holder])
            return made

    return world.work(act)


def test_it_is_admitted_offline_once_and_handed_in_as_scanned(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    ticket = add_coded(world)
    phone = new_phone()
    phone.pair(world.code())
    world.kill()
    begin_shift(phone)
    light = phone.scan(CODE)
    assert (light["verdict"], light["admit"], light["name"]) == ("valid", True, ticket.holder_name)
    time.sleep(2.2)  # until absent for 2 s it is the same decision
    assert phone.scan(CODE)["verdict"] == "already_used"
    wrong = phone.scan(CODE.lower())
    assert (wrong["verdict"], wrong["admit"], wrong["flags"]) == (
        "unknown", False, ["unlisted_code"],
    )  # fmt: skip
    banner = phone.page.locator(".verdict-banner")
    banner.filter(has_text="No ticket on this list has this code").wait_for()
    found = phone.call("(app, code) => app.door.search(code)", CODE)
    assert [(row["name"], row["admitted"]) for row in found["rows"]] == [(ticket.holder_name, True)]
    kept = phone.page.evaluate(EVERYTHING)
    assert kept["records"] > 3
    for secret in (CODE, CODE.lower(), "@example.org"):
        assert secret not in kept["text"]
    world.start()
    phone.call("(app) => app.door.syncNow()")
    phone.settle(pending=0)
    first, *refused = world.facts(phone.device)
    assert (first.serial, first.scanned, first.kind, first.how) == (ticket.serial, True, 1, 1)
    assert [fact.verdict for fact in refused] == [2, 12]


def test_a_code_that_comes_while_the_phone_is_paired_is_known_after_a_sync(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    begin_shift(phone)
    assert phone.scan(CODE)["verdict"] == "not_a_ticket"
    ticket = add_coded(world)
    phone.until("(app) => app.door.status.tickets === 7")
    phone.page.reload()
    phone.ready()
    assert phone.type(f"  {CODE}\n")["name"] == ticket.holder_name


def test_it_is_read_by_the_browser_s_own_fake_camera(
    world: World, playwright_run: Playwright
) -> None:
    ticket = add_coded(world)
    browser = film_browser(playwright_run, clip(CODE, world.folder))
    phone = camera_phone(browser, world)
    phone.pair(world.code())
    world.kill()
    phone.page.locator(".shift-screen form button[type=submit]").click()
    phone.page.locator(".verdict-banner").filter(has_text=ticket.holder_name).wait_for()
    (row,) = phone.call("(app) => app.door.log(5)")
    assert (row["verdict"], row["how"]) == ("valid", "scan")
    browser.close()

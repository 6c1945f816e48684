"""What a phone's disk tells of the guests: nothing before its time, nothing after it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from tests.e2e.door_world import DoorPhone, World

from handstamp.events.edit_event import edit_event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import HOUR
from handstamp.plumbing.web import SYSTEM, Services

# Everything in every IndexedDB of the origin and in localStorage, as text: bytes as Latin-1 too.
DUMP = """async () => {
    const found = [JSON.stringify({...localStorage})];
    const read = (value) => {
        if (value instanceof ArrayBuffer) return read(new Uint8Array(value));
        if (ArrayBuffer.isView(value)) {
            const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
            found.push(new TextDecoder('latin1').decode(bytes), new TextDecoder().decode(bytes));
        } else if (value instanceof CryptoKey) {
            found.push(`key, extractable: ${value.extractable}`);
        } else if (value && typeof value === 'object') {
            for (const [name, one] of Object.entries(value)) { found.push(name); read(one); }
        } else found.push(String(value));
    };
    const answer = (request) => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    for (const {name} of await indexedDB.databases()) {
        const db = await answer(indexedDB.open(name));
        for (const store of db.objectStoreNames) {
            const rows = await answer(db.transaction(store).objectStore(store).getAll());
            found.push(`${name}/${store}: ${rows.length}`);
            read(rows);
        }
        db.close();
    }
    return found.join('\\n');
}"""


def change(world: World, **members: Any) -> None:
    """Edit the event from another process."""

    async def act(services: Services) -> None:
        async with services.db.write() as session:
            await edit_event(session, services, SYSTEM, world.event.id, EventChange(**members))

    world.work(act)


def dump(phone: DoorPhone, world: World) -> str:
    """Return all that lies on the phone's disk, after looking for every guest in it."""
    text: str = phone.page.evaluate(DUMP)
    assert "handstamp-outbox/pairings: 1" in text
    for ticket in world.tickets:
        for told in (ticket.holder_name, ticket.holder_email, ticket.order_ref):
            assert told
            assert told not in text, told
            assert told.split("@")[0] not in text, told
    assert "extractable: true" not in text
    return text


def pair(phone: DoorPhone, world: World) -> None:
    """Pair and open the page, though nothing can be decided yet."""
    phone.page.goto(f"{world.address}/tickets/checkin/")
    phone.shell_kept()
    paired = "async (app, code) => (await app.pair(code)).device"
    phone.device = phone.call(paired, world.code())
    phone.page.goto(f"{world.address}/tickets/checkin/?p={phone.device:012x}")


def test_a_list_is_locked_before_its_time_and_works_without_a_server_after_it(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    now = world.event.start_at + HOUR
    change(world, start_at=now + 30 * HOUR, end_at=now + 35 * HOUR)
    phone = new_phone()
    pair(phone, world)
    phone.until("(app) => app.door?.status.release?.waiting === true")
    assert "handstamp-lists/waiting: 1" in dump(phone, world)
    expect(phone.page.locator("[data-release]")).to_contain_text("locked")
    refused = phone.call(
        "(app, text) => app.door.scanText(text, 'wedge').then(() => '', (error) => error.reason)",
        world.tokens[0],
    )
    assert refused == "locked"

    change(world, release_hours=48)
    phone.call("(app) => app.door.syncNow()")
    phone.ready()
    world.kill()
    phone.page.reload()
    phone.ready()
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    assert phone.type(world.tokens[0])["verdict"] == "already_used"
    found = dump(phone, world)
    assert "handstamp-lists/sealed-bases: 1" in found
    assert "handstamp-lists/waiting: 0" in found
    assert "key, extractable: false" in found


def test_key_and_list_go_when_the_time_is_over_and_no_scan_with_them(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    world.kill()
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    phone.page.clock.set_system_time(world.event.end_at + 12 * HOUR + 60_000)
    phone.page.reload()
    phone.until("(app) => app.door?.status.release?.readable === false")
    for moved in (0, -12 * HOUR):
        phone.page.clock.set_system_time(world.event.end_at + 12 * HOUR + 60_000 + moved)
        phone.page.reload()
        phone.until("(app) => app.door?.status.holdsLock === true")
        assert phone.status()["ready"] is False
        found = dump(phone, world)
        assert "handstamp-lists/sealed-bases: 0" in found
        assert "key, extractable" not in found.split("handstamp-lists/")[1]
        assert phone.status()["pending"] == 1
    world.start()
    phone.until("(app) => app.door.syncNow().then(() => app.door.status.pending === 0)")
    assert len(world.facts(phone.device)) == 1


def test_a_field_that_the_organizer_takes_back_leaves_the_phone(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    first = world.tickets[0]
    search = "(app, words) => app.door.search(words)"
    assert phone.call(search, first.holder_name)["rows"]
    change(world, snapshot_fields=["order"])
    phone.until(f"async (app, words) => (await ({search})(app, words)).rows.length === 0",
                first.holder_name)  # fmt: skip
    assert phone.call(search, first.order_ref)["rows"][0]["name"] == ""
    assert phone.type(world.tokens[0])["name"] == ""

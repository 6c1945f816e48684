"""A pairing that ends: the list goes at once, the log only when the server has it."""

from collections.abc import Callable

from tests.e2e.door_world import DoorPhone, World

ROWS = """async () => {
    const count = (name, store) => new Promise((done, failed) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
            const db = opening.result;
            const request = db.transaction(store).objectStore(store).count();
            request.onsuccess = () => { db.close(); done(request.result); };
        };
    });
    return {
        lists: await count('handstamp-lists', 'sealed-bases'),
        keys: await count('handstamp-lists', 'keys'),
        facts: await count('handstamp-outbox', 'facts'),
        pairings: await count('handstamp-outbox', 'pairings'),
    };
}"""


def test_revoking_wipes_an_online_phone(world: World, new_phone: Callable[[], DoorPhone]) -> None:
    phone = new_phone()
    phone.pair(world.code())
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    phone.settle(pending=0)
    world.revoke(phone.device)
    phone.settle(standing="gone")
    assert phone.page.evaluate(ROWS) == {"lists": 0, "keys": 0, "facts": 0, "pairings": 0}
    assert len(world.facts(phone.device)) == 1


def test_a_phone_revoked_while_away_hands_in_its_log_before_it_goes(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    world.kill()
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    assert phone.type(world.tokens[0])["verdict"] == "already_used"
    world.revoke(phone.device)
    world.start()
    phone.settle(standing="gone")
    assert phone.page.evaluate(ROWS) == {"lists": 0, "keys": 0, "facts": 0, "pairings": 0}
    facts = world.facts(phone.device)
    assert [(fact.number, fact.kind, fact.after_end) for fact in facts] == [
        (1, 1, True),
        (2, 2, True),
    ]


def test_an_old_log_is_sent_while_another_pairing_is_open(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    old = phone.device
    second = world.code("Door 1 again")
    world.kill()
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    world.start()
    phone.page.goto(f"{world.address}/tickets/checkin/?pair={second}")
    phone.device = phone.call("async (app, code) => (await app.pair(code)).device", second)
    phone.open()
    phone.until("async (app) => (await app.pairings()).every(({pending}) => pending === 0)")
    assert [fact.serial for fact in world.facts(old)] == [world.tickets[0].serial]
    phone.settle(pending=0, online=True)
    phone.call("(app) => app.door.syncNow()")
    assert phone.type(world.tokens[0])["verdict"] == "already_used"

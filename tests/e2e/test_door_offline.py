"""The main promise: scanning goes on while the server is dead, and every fact arrives once."""

from collections.abc import Callable

from tests.e2e.door_world import DoorPhone, World


def test_scans_survive_a_dead_server_and_a_reload(
    world: World, new_phone: Callable[[], DoorPhone]
) -> None:
    phone = new_phone()
    phone.pair(world.code())
    assert phone.type(world.tokens[0])["verdict"] == "valid"
    phone.settle(pending=0)

    world.kill()
    assert phone.type(world.tokens[1])["verdict"] == "valid"
    assert phone.type(world.tokens[1])["verdict"] == "already_used"
    phone.page.reload()
    phone.ready()
    assert phone.status()["pending"] == 2
    assert phone.type(world.tokens[2])["verdict"] == "valid"
    assert phone.type(world.tokens[0])["verdict"] == "already_used"

    world.start()
    phone.settle(pending=2, online=True)
    admits = [fact for fact in world.facts(phone.device) if fact.kind == 1]
    assert [fact.serial for fact in admits] == [ticket.serial for ticket in world.tickets[:3]]

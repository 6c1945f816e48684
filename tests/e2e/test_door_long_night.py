"""Eight hours at a door on a moved clock: no scan lost, and nothing that grows with the night."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession
from tests.contract.long_counts import long_count
from tests.e2e.door_world import DoorPhone, World
from tests.e2e.night_pages import COUNTED_WORK, HIDDEN, LOSE_CAMERA, MOVED_CLOCK, OPEN_CAMERA, SCANS

from handstamp.kit.clock import HOUR

NIGHT = 8 * HOUR
PIECES = 20
AWAY = range(3, 5), range(9, 11), range(15, 17)  # the server is dead in these pieces
BACKGROUND = 6, 13
LOST_CAMERA = 7, 14
# What a piece may do more than an early one in the same situation, and keep more for each scan.
MORE_CALLS, MORE_BYTES = 1.15, 1.3
OBJECTS_A_SCAN = 4  # the keys of two maps, and numbers of more than 31 bits
OBJECTS_IN_ALL = 15_000
NODES_IN_ALL, LISTENERS_IN_ALL = 200, 20
OF_EXCHANGES = ("acks.", "stamps.", "marks.", "keys.", "crypto.sign", "sealed", "facts.getAll")


@dataclass
class Night:
    """The night's scans, and how far it is."""

    world: World
    phone: DoorPhone
    clock: Path
    texts: list[str]
    expected: Counter[str]
    seen: Counter[str] = field(default_factory=Counter)
    moved: int = 0

    def piece(self, number: int) -> dict[str, float]:
        """Scan a twentieth of the night, most of it by hand scanner with the camera closed.

        Returns what each scan cost, exchanges left out.
        """
        size = len(self.texts) // PIECES
        self.phone.call("(app) => app.scanner.stop()")
        self.phone.page.evaluate("window.startCounting()")
        for start in range(number * size, (number + 1) * size, 100):
            part = self.texts[start : min(start + 100, (number + 1) * size)]
            self.pass_time(NIGHT * len(part) // len(self.texts))
            self.seen.update(self.phone.call(SCANS, part))
        work = self.phone.page.evaluate("window.work")
        self.phone.call(OPEN_CAMERA)
        self.phone.until("(app) => app.scanner.state === 'running'")
        self.hold(self.texts[0])
        calls = sum(n for name, n in work["calls"].items() if not name.startswith(OF_EXCHANGES))
        return {"calls": calls / size, "bytes": work["bytes"] / size}

    def hold(self, used: str) -> None:
        """Hold a ticket that is in already before the camera."""
        self.seen.update([self.phone.scan(used)["verdict"]])
        self.expected["already_used"] += 1
        self.phone.page.keyboard.press("Escape")

    def pass_time(self, millis: int) -> None:
        """Move the server's clock and the phone's."""
        self.moved += millis
        with self.clock.open("r+b") as file:  # never shorter: the server reads it all the time
            file.write(self.moved.to_bytes(8))
        self.phone.page.evaluate("(moved) => { window.movedMs = moved; }", self.moved)

    def hand_in(self) -> None:
        """Let everything reach the server, refusals that still gather too."""
        self.phone.until(
            "async (app) => { await app.door.syncNow();"
            " return app.door.status.online && app.door.status.pending === 0 }"
        )

    def exchange(self) -> dict[str, float]:
        """Make one scan and hand it in; return what that cost."""
        self.phone.page.evaluate("window.startCounting()")
        self.seen.update([self.phone.type("nothing of ours")["verdict"]])
        self.expected["not_a_ticket"] += 1
        self.phone.call("(app) => app.door.syncNow()")
        work = self.phone.page.evaluate("window.work")
        return {"calls": sum(work["calls"].values()), "bytes": work["bytes"]}


def make_texts(world: World, count: int) -> tuple[list[str], Counter[str]]:
    """Return what is scanned that night, and which verdicts are right."""
    rng = random.Random(7)
    fresh = list(world.tokens)
    used: list[str] = []
    texts: list[str] = []
    expected: Counter[str] = Counter()
    for _ in range(count):
        kind = rng.random()
        if kind < 0.85 and fresh:
            used.append(fresh.pop())
            texts.append(used[-1])
            expected["valid"] += 1
        elif kind < 0.95 and used:
            texts.append(rng.choice(used))
            expected["already_used"] += 1
        else:
            texts.append(f"https://example.org/{rng.randrange(50)}")
            expected["not_a_ticket"] += 1
    return texts, expected


def kept(cdp: CDPSession) -> dict[str, int]:
    """Count what the page keeps after all garbage is gone."""
    for _ in range(3):
        cdp.send("HeapProfiler.collectGarbage")
    parts: list[str] = []
    collect = lambda chunk: parts.append(chunk["chunk"])  # noqa: E731
    cdp.on("HeapProfiler.addHeapSnapshotChunk", collect)
    cdp.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    cdp.remove_listener("HeapProfiler.addHeapSnapshotChunk", collect)
    snapshot = json.loads("".join(parts))
    fields = snapshot["snapshot"]["meta"]["node_fields"]
    sizes = snapshot["nodes"][fields.index("self_size") :: len(fields)]
    # a number has a second node, of no size, for its text
    objects = sum(size > 0 for size in sizes)
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return {
        "objects": objects,
        "nodes": int(metrics["Nodes"]),
        "listeners": int(metrics["JSEventListeners"]),
        "heap": int(metrics["JSHeapUsedSize"]),
    }


def begin(phone: DoorPhone, world: World) -> CDPSession:
    """Pair, begin the shift, and have the work counted from now on."""
    for script in (MOVED_CLOCK, COUNTED_WORK):
        phone.page.context.add_init_script(script)
    phone.pair(world.code())
    button = phone.page.locator(".shift-screen form button[type=submit]")
    button.click()
    phone.until("(app) => app.scanner.state === 'running'")
    cdp = phone.page.context.new_cdp_session(phone.page)
    cdp.send("Performance.enable")
    cdp.send("HeapProfiler.enable")
    return cdp


def disturb(night: Night, number: int, cdp: CDPSession) -> None:
    """Let happen what happens in a night: the app in the background, the camera lost and found."""
    phone = night.phone
    if number in BACKGROUND:
        phone.call(HIDDEN, True)
        cdp.send("Page.setWebLifecycleState", {"state": "frozen"})
        cdp.send("Page.setWebLifecycleState", {"state": "active"})
        phone.call(HIDDEN, False)
        phone.until("(app) => app.scanner.state === 'running'")
    if number in LOST_CAMERA:
        phone.call(LOSE_CAMERA)
        phone.until("(app) => app.scanner.state === 'running'")
        night.hold(night.texts[0])


@pytest.mark.timeout(3 * 3600)
def test_a_long_night(
    world: World,
    new_phone: Callable[[], DoorPhone],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = long_count(120, 20_000, "scans of a long night")
    clock = tmp_path / "clock"
    clock.write_bytes(bytes(8))
    monkeypatch.setenv("HANDSTAMP_TEST_CLOCK", str(clock))
    world.kill()
    world.issue(count * 9 // 10)
    lengthen(world)
    world.start()
    phone = new_phone()
    cdp = begin(phone, world)
    night = Night(world, phone, clock, *make_texts(world, count))
    early: dict[str, Any] = {}
    late: dict[str, Any] = {}
    for number in range(PIECES):
        if any(number == away.start for away in AWAY):
            world.kill()
        if any(number == away.stop for away in AWAY):
            world.start()
            night.hand_in()
        cost = night.piece(number)
        disturb(night, number, cdp)
        away = any(number in away for away in AWAY)
        if not away:
            night.hand_in()
        else:
            (late if early.get("away") else early)["away"] = cost
        if number in (1, PIECES - 1):
            found = {"exchange": night.exchange(), "kept": kept(cdp)}
            (early if number == 1 else late).update(found)
    print(json.dumps({"early": early, "late": late}))
    assert night.seen == night.expected
    for what in ("away", "exchange"):
        assert late[what]["calls"] <= early[what]["calls"] * MORE_CALLS + 10, (early, late)
        assert late[what]["bytes"] <= early[what]["bytes"] * MORE_BYTES + 4_000, (early, late)
    more = {name: late["kept"][name] - early["kept"][name] for name in early["kept"]}
    assert more["objects"] <= OBJECTS_A_SCAN * count + OBJECTS_IN_ALL, (early, late)
    assert more["nodes"] <= NODES_IN_ALL, (early, late)
    assert more["listeners"] <= LISTENERS_IN_ALL, (early, late)
    facts_are_whole(world, phone, night)


def lengthen(world: World) -> None:
    """Let the event last for the whole night."""
    from handstamp.events.edit_event import edit_event
    from handstamp.events.shapes import EventChange
    from handstamp.plumbing.web import SYSTEM, Services

    async def act(services: Services) -> None:
        async with services.db.write() as session:
            change = EventChange(end_at=world.event.start_at + 12 * HOUR)
            await edit_event(session, services, SYSTEM, world.event.id, change)

    world.work(act)


def facts_are_whole(world: World, phone: DoorPhone, night: Night) -> None:
    """The server holds the whole log once, and every decision of the night in it."""
    from handstamp.checkin.wire import ADMIT, decode_fact

    facts = world.facts(phone.device)
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    decided = [decode_fact(fact.bytes) for fact in facts]
    admitted = [fact for fact in decided if fact.kind == ADMIT]
    assert len({fact.serial for fact in admitted}) == len(admitted) == night.expected["valid"]
    assert sum(fact.count for fact in decided) == night.expected.total()
    assert not any(fact.after_end for fact in facts)
    hours = {(fact.stamp - world.event.start_at) // HOUR for fact in facts}
    assert len(hours) >= NIGHT // HOUR

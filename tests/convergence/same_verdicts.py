"""Offline and online are one rule: a phone that knows what the server knows says what it says."""

import base64
from typing import Any

from tests.contract.twins import JavaScript
from tests.convergence.door_world import World
from tests.factories.phone_copy import Copy

MOST_CODES = 2


async def compare_verdicts(world: World, javascript: JavaScript) -> None:
    """Ask the phone's code and the server about codes on each list, coming and going.

    Each answer of the server makes a fact that the phone then hears of, so every question is
    about another state.
    """
    phone = next((one for one in world.phones if one.standing == "active"), None)
    if phone is None:
        return
    world.services.rooms.pop("checkin.events", None)  # policy and keys as they are now
    for code in world.codes[-MOST_CODES:]:
        for list_no in phone.copy.lists:
            for leaving in (False, True):
                world.clock.advance(1)
                asked: Any = {"code": code, "list_no": list_no, "leaving": leaving}
                offline = _judge(javascript, phone.copy, world.clock(), **asked)
                assert offline == await _ask(world, code, list_no, leaving)
                await phone.sync()


def _judge(
    javascript: JavaScript, copy: Copy, now: int, *, code: str, list_no: int, leaving: bool
) -> dict[str, Any]:
    """Judge as a phone does, with its own code, from what it was fed."""
    read = javascript("readToken", {"text": code, "keys": _keys(copy), "engine": "noble"})
    body = read["token"] or {"event": 0, "serial": 0, "tier": 0, "epoch": 0}
    ours = read["check"] == "ok" and body["event"] == copy.event["number"]
    row = copy.tickets.get(body["serial"]) if ours else None
    rev = max(copy.lists[list_no])
    judged = {
        "token": {**body, "check": read["check"], "compromised": read["compromised"]},
        "event": copy.event,
        "ticket": {"tier": row.tier, "status": row.status, "epoch": row.epoch} if row else None,
        "list": {"list": list_no, "rev": rev, "rules": copy.lists[list_no][rev]},
        "state": _states(javascript, copy, [body["serial"]])[0] if ours else None,
    }
    serials = {fed.serial for fed in copy.facts.values()} - {0}
    states = _states(javascript, copy, sorted(serials))
    inside = sum(state["lists"].get(str(list_no), {}).get("inside", False) for state in states)
    coming = {**judged, "now": now, "list_age_s": 0, "inside": inside}
    said = javascript("decideExit", judged) if leaving else javascript("decide", coming)
    used = said["used"] and {"at": copy.facts[tuple(said["used"])].time}
    return {**said, "used": used}


def _states(javascript: JavaScript, copy: Copy, serials: list[int]) -> list[Any]:
    voids = javascript("voidsOf", {"rows": [row.to_json() for row in copy.facts.values()]})
    rules = {str(number): revisions for number, revisions in copy.lists.items()}
    return [
        javascript(
            "foldRows",
            {
                "rows": [r.to_json() for r in copy.facts.values() if r.serial == serial],
                "epoch": copy.tickets[serial].epoch if serial in copy.tickets else None,
                "rules": rules,
                "voids": voids,
            },
        )
        for serial in serials
    ]


def _keys(copy: Copy) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "public": base64.b64encode(key.public).decode(),
            "compromised": key.compromised,
        }
        for number, key in copy.keys.items()
    ]


async def _ask(world: World, code: str, list_no: int, leaving: bool) -> dict[str, Any]:
    answer = await world.http.post(
        "/api/tickets/validate",
        json={"token": code, "list": list_no, "leaving": leaving},
        headers={"Authorization": f"Bearer {world.key}"},
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    members = {name: told[name] for name in ("verdict", "admit", "flags", "window")}
    return members | {"used": told["used"] and {"at": told["used"]["at"]}}

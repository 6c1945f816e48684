"""Webhooks: signed as Stripe signs, sent at least once, in whatever order, until taken."""

import asyncio
import json
import random

import httpx
import stripe

from fakestripe import webhook_endpoints
from fakestripe.spec import Obj
from fakestripe.webhook_endpoints import COLLECTED, undelivered
from fakestripe.world import PLATFORM, World, shown

GIVES_UP_AFTER = 3 * 86_400
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
AT_ONCE = 8
_TIMEOUT = 20.0


class Courier:
    """Sends events.

    A delivery is kept with its event: {"state", "attempts", "due"}; the states are "due", "sent",
    "held" (until told), "dropped" (lost) and "failed" (given up).
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._awake = asyncio.Event()
        self._under_way: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[Obj]] = set()
        self._http: httpx.AsyncClient | None = None
        self._open: dict[str, Obj] = {}
        self.rules: list[Obj] = []

    def look_through(self) -> None:
        """Find what an earlier process left unsent."""
        world = self._world
        every = [event for account in world.accounts for event in world.each(account, "event")]
        every.sort(key=lambda event: int(event["created"]))
        self._open = {event["id"]: event for event in every if undelivered(event)}
        for _, _, delivery in self.waiting({"due"}):
            delivery["due"] = 0.0

    def plan(self, events: list[Obj]) -> None:
        """Note who is to hear of new events."""
        for event in events:
            state = self._state_for(event)
            deliveries = {
                endpoint["id"]: {"state": state, "attempts": 0, "due": 0.0}
                for endpoint in webhook_endpoints.wanted_by(self._world, event)
            }
            self._world.change(event, _deliveries=deliveries, pending_webhooks=len(deliveries))
            self._open[event["id"]] = event

    def _state_for(self, event: Obj) -> str:
        for rule in self.rules:
            if rule["types"] and event["type"] not in rule["types"]:
                continue
            if rule["times"] is not None:
                rule["times"] -= 1
                if not rule["times"]:
                    self.rules.remove(rule)
            return str(rule["state"])
        return "due"

    def wake(self) -> None:
        """Have what is due sent now."""
        self._awake.set()

    async def run(self) -> None:
        """Send what falls due until cancelled."""
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
        try:
            while True:
                pause = self._send_due()
                self._awake.clear()
                try:
                    await asyncio.wait_for(self._awake.wait(), pause)
                except TimeoutError:
                    continue
        finally:
            for task in self._tasks:
                task.cancel()
            await self._http.aclose()

    def _send_due(self) -> float:
        """Start sending what is due; return the seconds until the next is."""
        now, nearest = self._world.clock.elapsed(), 1.0
        for event, endpoint, delivery in self.waiting({"due"}):
            if endpoint["url"].startswith(COLLECTED):
                continue
            if (event["id"], endpoint["id"]) in self._under_way:
                continue
            if delivery["due"] <= now and len(self._tasks) < AT_ONCE:
                task = asyncio.get_running_loop().create_task(self.send(event, endpoint))
                self._tasks.add(task)
                task.add_done_callback(self._finished)
            else:
                nearest = min(nearest, max(0.01, delivery["due"] - now))
        return nearest

    def _finished(self, task: "asyncio.Task[Obj]") -> None:
        self._tasks.discard(task)
        self._awake.set()

    def waiting(self, states: set[str]) -> list[tuple[Obj, Obj, Obj]]:
        """Return (event, endpoint, delivery) of what has not been taken, oldest first."""
        found = []
        for event in list(self._open.values()):
            for identifier, delivery in event["_deliveries"].items():
                endpoint = self._world.find(PLATFORM, identifier)
                if endpoint is not None and delivery["state"] in states:
                    found.append((event, endpoint, delivery))
        return found

    def signed(self, event: Obj, endpoint: Obj) -> tuple[bytes, str]:
        """Return (body, Stripe-Signature) as an endpoint gets an event."""
        body = json.dumps(shown(event), indent=2)
        stamp = self._world.clock.now()
        header = stripe.WebhookSignature.generate_signature_header(body, endpoint["_secret"], stamp)
        return body.encode(), header

    async def send(self, event: Obj, endpoint: Obj) -> Obj:
        """Send an event once and note how it went."""
        place = (event["id"], endpoint["id"])
        self._under_way.add(place)
        body, header = self.signed(event, endpoint)
        status: int | None = None
        try:
            assert self._http is not None
            answer = await self._http.post(
                endpoint["url"],
                content=body,
                headers={"Stripe-Signature": header, "Content-Type": "application/json",
                         "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
            )  # fmt: skip
            status = answer.status_code
        except httpx.HTTPError:
            status = None
        finally:
            self._under_way.discard(place)
        self.note(event, endpoint, taken=status is not None and 200 <= status < 300)
        return {"id": event["id"], "type": event["type"], "status": status,
                "endpoint": "connect" if endpoint["_connect"] else "platform"}  # fmt: skip

    def note(self, event: Obj, endpoint: Obj, *, taken: bool) -> None:
        """Record whether an endpoint took an event; if not, when to try again."""
        world, delivery = self._world, event["_deliveries"].get(endpoint["id"])
        if delivery is None or world.find(event["_account"], event["id"]) is not event:
            return
        delivery["attempts"] += 1
        if taken:
            delivery["state"] = "sent"
        elif delivery["state"] == "due":
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(delivery["attempts"] - 1, 10))
            delivery["due"] = world.clock.elapsed() + pause * random.uniform(0.8, 1.2)  # noqa: S311
            if world.clock.now() - event["created"] > GIVES_UP_AFTER:
                delivery["state"] = "failed"
        left = sum(each["state"] != "sent" for each in event["_deliveries"].values())
        if not left:
            self._open.pop(event["id"], None)
        world.change(event, pending_webhooks=left)
        world.save()

    async def deliver(self, order: str, identifiers: list[str]) -> list[Obj]:
        """Send what has not been taken (dropped ones only when named), one after another."""
        wanted = self._ordered(order, identifiers)
        sent = []
        for event, endpoint, delivery in wanted:
            if delivery["state"] == "sent" or endpoint["url"].startswith(COLLECTED):
                continue
            delivery["state"] = "due"
            sent.append(await self.send(event, endpoint))
        return sent

    def take(self, order: str, identifiers: list[str]) -> list[Obj]:
        """Hand out what has not been taken, signed, and count it as taken."""
        handed = []
        for event, endpoint, _ in self._ordered(order, identifiers):
            body, header = self.signed(event, endpoint)
            self.note(event, endpoint, taken=True)
            handed.append({
                "event_id": event["id"], "type": event["type"], "account": event["_account"],
                "endpoint": "connect" if endpoint["_connect"] else "platform",
                "body": body.decode(), "signature": header,
            })  # fmt: skip
        return handed

    def _ordered(self, order: str, identifiers: list[str]) -> list[tuple[Obj, Obj, Obj]]:
        states = {"due", "held", "failed", *(["dropped"] if identifiers else [])}
        found = self.waiting(states)
        if identifiers:
            found = [each for each in found if each[0]["id"] in identifiers]
        if order == "newest":
            found.reverse()
        if order == "shuffled":
            random.shuffle(found)
        return found

    async def duplicate(self, event: Obj, times: int) -> list[Obj]:
        """Send an event again; where it is collected, have it collected again."""
        sent = []
        for identifier, delivery in event["_deliveries"].items():
            endpoint = self._world.find(PLATFORM, identifier)
            if endpoint is None:
                continue
            if endpoint["url"].startswith(COLLECTED):
                delivery["state"] = "due"
                self._open[event["id"]] = event
                continue
            for _ in range(times):
                sent.append(await self.send(event, endpoint))
        return sent

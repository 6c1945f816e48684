"""Every route of the application, and a request that each of them takes."""

import base64
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from tests.abuse.world import GUESTS, Side

from handstamp.kit.ids import new_id
from handstamp.plumbing.local_time import to_local

_NUMBERS = itertools.count()
PUSH = "https://push.example.org/send/1"
BROWSER = {  # the point of RFC 8291's example, and its secret
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-"
    "AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
FILE = "{file}"  # what stands for the files below a mounted folder
FILES = {"/tickets/checkin/{file}": "index.html", "/tickets/assets/{file}": "styles/page.css"}


ASKED = {  # what must stand in the query of a route
    f"GET /api/tickets/admin/tickets/assignments{tail}": "?eventId={event_id}"
    for tail in ("", "/export")
} | {
    "GET /api/tickets/devices/{device}/void": "?number=1",
    "GET /api/tickets/events/{event_id}/capacity/preview": "?capacity=5",
    "GET /api/tickets/support/search": "?q=guest",
}


def every_route(app: Starlette) -> set[str]:
    """Return `METHOD path` of every route, those inside mounts too."""
    return set(_walk(app.routes, ""))


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            inner = list(route.routes)
            yield from (
                _walk(inner, prefix + route.path) if inner else [f"GET {prefix}{route.path}/{FILE}"]
            )
        elif isinstance(route, WebSocketRoute):
            yield f"WS {prefix}{route.path}"
        elif isinstance(route, Route):
            for method in (route.methods or set()) - {"HEAD"}:
                yield f"{method} {prefix}{route.path}"
        else:
            raise TypeError(f"a route of a kind that nobody checks: {route!r}")


def is_page(path: str) -> bool:
    """Tell whether a person's browser asks for it."""
    return path.startswith("/tickets")


def filled(path: str, ids: dict[str, str]) -> str:
    """Put ids into a route's placeholders."""
    path = path.replace(FILE, FILES.get(path, FILE)).replace("{path:path}", "nowhere")
    path = path.replace("{version:int}", "1")
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:int}}", value)
    return path


def word() -> str:
    """Return five letters that no word before had."""
    number = next(_NUMBERS)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(5))


def bodies(side: Side) -> dict[str, Any]:
    """Return a right body of every route of the API that reads one, by `METHOD path`."""
    event, tier = "/api/tickets/events/{event_id}", side.ids["tier_id"]
    times = {"start_at": side.event.start_at, "end_at": side.event.end_at}
    new_event = {"title": "Late Show", **times, "time_zone": "America/Vancouver"}
    new_list = {"name": f"Side door {word()}", "tiers": [{"tier": 1}]}
    auth = "/api/tickets/auth/sign-in"
    wanted = [{"tier_id": tier, "quantity": 1}]
    buyer = {"email": "grace@example.org", "name": "Grace Hopper", "terms": True}
    return {
        "POST /api/tickets/checkin/pair": {"code": "NOSUCH00", "public_key": "A" * 43 + "="},
        "POST /api/tickets/checkin/sync": {"protocol": 1, "cursor": None, "logs": []},
        "POST /api/tickets/checkin/claim": {
            "list": 1,
            "serial": side.tickets[1].serial,
            "epoch": 1,
            "id": "0123456789abcdef",
        },
        "POST /api/tickets/checkin/claims": {
            "list": 1,
            "tickets": [
                {"serial": one.serial, "epoch": 1, "id": f"party-{one.serial:016x}"}
                for one in side.tickets[1:3]
            ],
        },
        "POST /api/tickets/validate": {"token": side.tokens[2]},
        f"POST {auth}": {"email": f"{word()}@example.org"},
        f"POST {auth}/code": {"email": f"{word()}@example.org", "code": "000000"},
        f"POST {auth}/link": {"token": "nothing"},
        "POST /api/tickets/organizers": {"name": "Another", "code": word()},
        "PUT /api/tickets/organizers/{organizer_id}/team": {
            "email": f"{word()}@example.org",
            "role": "support",
        },
        "PUT /api/tickets/organizers/{organizer_id}/profile": {"legal_name": "Lantern Club"},
        "POST /api/tickets/organizers/connect": {"organizer_id": side.organizer.id},
        "POST /api/tickets/events": {**new_event, "organizer_id": side.organizer.id},
        f"PATCH {event}": {"venue": "The yard"},
        f"POST {event}/status": {"status": "published"},
        f"PATCH {event}/prices": {"fee_payer": "organizer", "tax_mode": "none"},
        f"POST {event}/cancel": {"typed": "Not its title"},
        f"POST {event}/duplicate": {"title": f"Again {word()}", "start_at": times["start_at"]},
        f"POST {event}/messages": {"subject": "Doors", "body": "At seven.", "expected": 10**6},
        f"POST {event}/messages/preview": {"subject": "Doors", "body": "At seven."},
        f"POST {event}/postpone": {"start_at": times["start_at"]},
        f"POST {event}/postpone/preview": {"start_at": times["start_at"]},
        f"POST {event}/discounts": {"code": f"C-{word()}", "kind": "fixed", "value": 100},
        "PATCH /api/tickets/discounts/{discount_id}": {"max_uses": 5},
        f"POST {event}/waiting-list": {"quantity": 1, "email": f"{word()}@example.org"},
        f"PATCH {event}/waiting-list": {"offer_hours": 12},
        f"PATCH {event}/capacity": {"overbook_bp": 500},
        f"POST {event}/capacity": {"capacity": 1_000_000, "seen": "nothing"},
        "POST /api/tickets/waiting/{waiting_id}/front": {"front": True},
        "POST /api/tickets/waiting/{waiting_id}/take": {"quantity": 1},
        f"POST {event}/orders/by-hand": {
            "origin": "comp",
            "name": "Grace Hopper",
            "lines": [{"tier_id": tier, "quantity": 1}],
        },
        f"POST {event}/tiers": {"name": f"Balcony {word()}"},
        f"PATCH {event}/tiers/{{tier_id}}": {"capacity": 500},
        f"POST {event}/lists": new_list,
        f"PUT {event}/lists/{{number}}": new_list,
        f"POST {event}/tickets": {"tier_id": tier, "holders": [{"name": "Grace Hopper"}]},
        f"PUT {event}/guest-imports/{{import_id}}": {"tier_id": tier},
        "POST /api/tickets/tickets/{ticket_id}/reissue": {},
        "POST /api/tickets/tickets/{ticket_id}/transfer": {
            "name": "Grace Hopper",
            "email": f"{word()}@example.org",
        },
        "PUT /api/tickets/tickets/{ticket_id}/name": {"name": "Grace Hopper"},
        "POST /api/tickets/orders/{order_id}/tickets/{ticket_id}/transfer": {
            "name": "Grace Hopper",
            "email": f"{word()}@example.org",
        },
        "PUT /api/tickets/orders/{order_id}/tickets/{ticket_id}/name": {"name": "Grace Hopper"},
        "PUT /api/tickets/tickets/{ticket_id}/note": {"note": "wheelchair: side entrance"},
        f"PUT {event}/supervisor-pin": {"pin": "4711"},
        "POST /api/tickets/devices/{device}/void": {"number": 1, "reason": "stolen"},
        f"POST {event}/orders": {"tickets": wanted},
        f"POST {event}/export-schedules": {
            "columns": ["number"],
            "people": [side.person.actor.id],
        },
        "PATCH /api/tickets/export-schedules/{schedule_id}": {"paused": True},
        f"POST {event}/orders/refund": {"orders": [{"id": side.ids["order_id"]}]},
        f"POST {event}/orders/refund/preview": {"orders": [side.ids["order_id"]]},
        f"POST {event}/orders/resend": {"orders": [side.ids["order_id"]]},
        "POST /api/tickets/checkout/session": {
            "event_id": side.event.id,
            "tickets": wanted,
            **buyer,
        },
        "POST /api/tickets/orders/{order_id}/checkout": buyer,
        "POST /api/tickets/orders/{order_id}/refund": {},
        "POST /api/tickets/orders/{order_id}/email": {"email": f"{word()}@example.org"},
        "POST /api/tickets/admin/keys/rotate": {},
        "POST /api/tickets/admin/reviews/{event_id}/approve": {},
        "POST /api/tickets/admin/reviews/{event_id}/hide": {"reason": "Stale", "seen": "0"},
        "PUT /api/tickets/admin/organizers/{organizer_id}/trust": {"trusted": False},
        "POST /api/tickets/admin/signals/domains": {"domain": "example.org"},
        "POST /api/tickets/admin/self-tests": {"organizer_id": "org_nothing"},
        "POST /api/tickets/admin/people/erase": {"email": f"{word()}@example.org"},
        f"POST {event}/pairing-codes": {"name": "Door 9"},
        f"POST {event}/scanner-keys": {"name": "Gate 9"},
        **club_bodies(side),
    }


def club_bodies(side: Side) -> dict[str, Any]:
    """Return a right body of every route of clubs and pre-orders that reads one."""
    clubs, club_id = "/api/tickets/admin/clubs", side.ids["club_id"]
    club, mine = f"{clubs}/{{club_id}}", "/api/tickets/me"
    decided = "/api/tickets/admin/events/{event_id}/pre-orders"
    ids = {"ids": ["po_nothing"]}
    wish = {"club_id": club_id, "event_id": side.offered, "tier_id": side.offered_tier}
    return {
        f"POST {clubs}": {
            "organizer_id": side.organizer.id,
            "name": "Another Club",
            "time_zone": "Europe/London",
        },
        f"PATCH {club}": {"about": "Invite-only"},
        f"POST {club}/members": {"people": [{"email": f"{word()}@example.org".lower()}]},
        f"POST {club}/invites": {"note": "for friends"},
        f"POST {club}/events": {"event_id": side.offerable},
        f"PATCH {club}/events/{{event_id}}": {"declared": {}},
        f"POST {mine}/clubs/join": {"code": "0000-0000-0000"},
        f"POST {mine}/pre-orders": {**wish, "agreed": True},
        f"POST {mine}/push-subscriptions": {"endpoint": PUSH, "keys": BROWSER},
        f"DELETE {mine}/push-subscriptions": {"endpoint": PUSH},
        f"PATCH {mine}/pre-orders/{{preorder_id}}": {"tier_id": side.offered_tier},
        "POST /api/tickets/admin/pre-orders/{preorder_id}/refund": {},
        "POST /api/tickets/admin/tickets/{pool_ticket_id}/reassign": {
            "pre_order_id": side.ids["demand_id"]
        },
        "PUT /api/tickets/admin/events/{event_id}/pool": {"fallback": "any"},
        "POST /api/tickets/admin/tickets/used": {"ticket_ids": [side.ids["pool_ticket_id"]]},
        f"POST {club}/charge-runs": {"cards": 0, "totals": {}},
        f"POST {decided}/approve": ids,
        f"POST {decided}/deny": ids,
        f"POST {decided}/withdraw-approval": ids,
        f"POST {decided}/approve-up-to-stock": {"club_id": club_id},
    }


def forms(side: Side) -> dict[str, dict[str, Any]]:
    """Return a right form of every page that takes one, by path."""
    event, tier = "/tickets/organizer/events/{event_id}", side.ids["tier_id"]
    about = {
        "title": "Late Show",
        "start_at": "2027-05-01T19:00",
        "end_at": "2027-05-01T23:00",
        "time_zone": "America/Vancouver",
        "currency": "CAD",
        "unknown_policy": "hold",
        "unknown_hours": "12",
        "release_hours": "24",
    }
    return {
        "/tickets/sign-in": {"email": f"{word()}@example.org", "next": "/tickets/organizer"},
        "/tickets/sign-in/code": {"code": "000000"},
        "/tickets/e/{slug}": {f"qty-{tier}": "1", "do": "hold"},
        "/tickets/order/{order_id}": {
            "name": "Grace Hopper",
            "email": f"{word()}@example.org",
            "phone": "+1 604 555 0123",
            "terms": "y",
            "marketing": "y",
        },
        "/tickets/order/{order_id}/tickets/{ticket_id:int}/pass-on": {
            "to_name": "Grace Hopper",
            "to_email": f"{word()}@example.org",
            "sure": "y",
        },
        "/tickets/order/{order_id}/tickets/{ticket_id:int}/name": {"name": "Grace Hopper"},
        "/tickets/mine/sign-in": {"email": f"{word()}@example.org", "next": "/tickets/mine"},
        "/tickets/mine/consents": {"organizer": side.organizer.id},
        "/tickets/organizer/new": {"name": "Another", "code": word()},
        "/tickets/admin/reviews/{event_id}/hide": {"reason": "Stale", "seen": "0"},
        "/tickets/admin/signals/domains": {"domain": "example.org"},
        "/tickets/admin/signals/domains/forget": {"domain": "example.org"},
        "/tickets/admin/people": {"email": "ada@example.org"},
        "/tickets/admin/people/export": {"email": "ada@example.org"},
        "/tickets/admin/people/erase": {"email": f"{word()}@example.org"},
        "/tickets/organizer/events/new": {**about, "organizer": side.organizer.id},
        "/tickets/organizer/settings/{organizer_id}": {
            "legal_name": "Lantern Club",
            "contact_email": "lanterns@example.org",
            "website": "https://lanterns.example",
            "brand_color": "#4a2fae",
        },
        f"{event}/orders/by-hand": {
            "order_id": new_id("ord"),
            "origin": "comp",
            "name": "Grace Hopper",
            f"qty-{tier}": "1",
        },
        f"{event}/orders/{{order_id}}/refund": {"note": "They asked."},
        f"{event}/orders/{{order_id}}/email": {"email": f"{word()}@example.org"},
        f"{event}/postpone": {"start_at": "2027-06-01T19:00"},
        f"{event}/duplicate": {"title": f"Again {word()}", "start_at": "2027-06-01T19:00"},
        f"{event}/cancel": {"typed": "Not its title"},
        f"{event}/message": {"subject": "Doors", "body": "They open at seven."},
        f"{event}/orders/{{order_id}}/give-back": {"what": "amount", "amount": "5.00"},
        f"{event}/edit": {
            **about,
            "start_at": to_local(side.event.start_at, side.event.time_zone),
            "end_at": to_local(side.event.end_at, side.event.time_zone),
        },
        f"{event}/status": {"status": "published"},
        f"{event}/prices": {"fee_payer": "buyer", "tax_mode": "none"},
        f"{event}/codes/new": {"code": f"C-{word()}", "kind": "percent", "value": "10"},
        f"{event}/codes/{{discount_id}}": {"value": "10", "code": "TENTH", "kind": "percent"},
        f"{event}/codes/{{discount_id}}/switch": {"to": "active"},
        "/tickets/e/{slug}/waiting-list": {"quantity": "1", "email": f"{word()}@example.org"},
        "/tickets/waiting/{waiting_id}/take": {"quantity": "1"},
        f"{event}/waiting-list": {"open": "y", "offer_hours": "24"},
        f"{event}/capacity": {"overbook_bp": "2.5"},
        f"{event}/capacity/real": {"capacity": "1000000", "do": "look"},
        f"{event}/waiting-list/{{waiting_id}}": {"do": "front"},
        f"{event}/tiers/new": {"name": f"Balcony {word()}", "price": "12.50"},
        f"{event}/tiers/{{tier_id}}": {"name": "General", "price": "12.50"},
        f"{event}/tiers/{{tier_id}}/move": {"to": "down"},
        f"{event}/lists/new": {"name": f"Side door {word()}", "tier-1": "on"},
        f"{event}/lists/{{number:int}}": {"name": "Main door", "tier-1": "on"},
        f"{event}/import/{{import_id}}": {"tier_id": tier},
        f"{event}/exports/guests": {"column": "name", "format": "csv"},
        f"{event}/exports/schedules": {
            "what": "orders",
            "orders-column": "number",
            "hour": "7",
            "person": side.person.actor.id,
        },
        f"{event}/exports/schedules/{{schedule_id}}": {"do": "pause"},
        f"{event}/exports/files/{{export_id}}": {"format": "csv"},
        f"{event}/orders/chosen": {"id": side.ids["order_id"], "do": "resend"},
        f"{event}/exports/orders": {"column": "number", "format": "csv"},
        f"{event}/exports/scans": {"column": "time", "format": "csv"},
        f"{event}/devices/pair": {"name": "Door 9", "role": "steward"},
        f"{event}/devices/pairing": {"code": "NOSUCH00"},
        f"{event}/devices/{{device}}/void": {"since": "2020-01-01T00:00", "reason": "stolen"},
        f"{event}/door/pin": {"pin": "4711", "again": "4711"},
        f"{event}/door/strict": {"strict": "y", "budget_ms": "400"},
        f"{event}/guests/{{ticket_id:int}}/holder": {
            "do": "pass",
            "name": "Grace Hopper",
            "email": f"{word()}@example.org",
        },
        f"{event}/guests/{{ticket_id:int}}/note": {"note": "wheelchair: side entrance"},
        f"{event}/keys": {"name": "Gate 9"},
        f"{event}/conflicts/looked-at": {"serial": side.ids["serial"], "list": "1"},
        **club_forms(side),
        **pool_forms(side),
    }


def pool_forms(side: Side) -> dict[str, dict[str, Any]]:
    """Return a right form of every page of the pool's desk that takes one, by path."""
    pool = "/tickets/organizer/events/{event_id}/pool"
    ticket, demand = side.ids["pool_ticket_id"], side.ids["demand_id"]
    shown, reason = "/tickets/{pool_ticket_id}/reveal", {"reason": "cannot sign in"}
    return {
        f"{pool}/fallback": {"fallback": "any"},
        f"{pool}/acts": {"do": "resend", "id": ticket},
        f"{pool}/reassign": {"ticket": ticket, "demand": demand},
        f"{pool}{shown}": reason,
        f"/tickets/support/events/{{event_id}}{shown}": reason,
        "/tickets/organizer/team/{organizer_id}/members": {
            "email": f"{word()}@example.org",
            "role": "support",
        },
    }


def club_forms(side: Side) -> dict[str, dict[str, Any]]:
    """Return a right form of every page of clubs and pre-orders that takes one, by path."""
    club, me = "/tickets/organizer/club/{club_id}", "/tickets/me"
    wishes = "/tickets/organizer/events/{event_id}/pre-orders"
    about = {
        "name": "Friends",
        "time_zone": "Europe/London",
        "per_week": "20",
        "charge_weekday": "1",
        "charge_at": "19:00",
        "charge_start": "manual",
    }
    terms = {"charge_mode": "stock_confirmed", "stock": "native", "allocation": "first_come"}
    wish = {"club": side.ids["club_id"], "event": side.offered, "tier": side.offered_tier}
    return {
        f"{wishes}/{{preorder_id}}/refund": {"reason": "duplicate", "note": "They asked."},
        "/tickets/clubs/join": {"code": "0000-0000-0000", "do": "look"},
        f"{me}/sign-in": {"email": f"{word()}@example.org", "next": "/tickets/me/"},
        f"{me}/pre-orders/new": {**wish, "card": side.ids["card_id"], "agreed": "y"},
        f"{me}/pre-orders/{{preorder_id}}": {"tier": side.offered_tier, "card": ""},
        "/tickets/organizer/clubs/{organizer_id}/new": about,
        f"{club}/edit": about,
        f"{club}/members": {"email": f"{word()}@example.org", "name": "Somebody"},
        f"{club}/invites": {"note": "for friends", "days": "30"},
        f"{club}/events/new": {**terms, "event": side.offerable},
        f"{club}/events/{{event_id}}": terms,
        f"{club}/charging/start": {"count": "0", "totals": ""},
        f"{wishes}/decide": {"do": "approve", "id": side.ids["preorder_id"]},
        f"{wishes}/by-rule": {"club": side.ids["club_id"]},
    }


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGklEQVR42mP8//8/AymAiYFEMKphVMPQ"
    "0QAAVW0DHfeH1GIAAAAASUVORK5CYII="
)
POOL = b"Event,Variant,Email,Password\nPaper Lanterns,General,pool@example.org,open sesame\n"
UPLOADS = {
    "PUT /api/tickets/organizers/{organizer_id}/logo": PICTURE,
    "POST /tickets/organizer/settings/{organizer_id}/logo": PICTURE,
    "POST /api/tickets/events/{event_id}/guest-imports": GUESTS,
    "POST /api/tickets/admin/clubs/{club_id}/members/import": GUESTS,
    "POST /api/tickets/admin/tickets/upload": POOL,
    "POST /tickets/organizer/events/{event_id}/pool/upload": POOL,
    "POST /tickets/organizer/pool/{organizer_id}/upload": POOL,
    "POST /tickets/organizer/events/{event_id}/import": GUESTS,
    "POST /tickets/organizer/club/{club_id}/members/file": GUESTS,
}

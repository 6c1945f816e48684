"""The door over HTTP for organizers: codes, devices, keys, board, conflicts, the scan log."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.checkin import void_routes
from handstamp.checkin.device_credentials import standing
from handstamp.checkin.door_board import board
from handstamp.checkin.export_scans import open_export, scans_csv, scans_xlsx
from handstamp.checkin.find_by_hand import by_hand
from handstamp.checkin.find_conflicts import ConflictRow, conflicts
from handstamp.checkin.find_devices import DeviceView, devices_of, forged_lately
from handstamp.checkin.models import Device
from handstamp.checkin.pair_device import CODE_LIFE, make_pairing_code
from handstamp.checkin.resolve_conflict import resolve_conflict
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.scan_log import PAGE, ScanRow, scan_log
from handstamp.checkin.validate_keys import create_key
from handstamp.events.find_events import lists_of, owned_event
from handstamp.kit.clock import Millis
from handstamp.kit.ids import device_hex, device_of_hex
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.file_answer import CSV_TYPE, XLSX_TYPE, file_answer
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_scanning, require_user, services

_TAGS = ["doors"]
ListNumber = Annotated[int, Field(ge=1, le=255)]


class NewDevice(BaseModel):
    """A phone to invite, or a scanner to give a key; no lists means every list."""

    name: str = Field(default="", max_length=80)
    gate: str = Field(default="", max_length=80)
    lists: list[ListNumber] = Field(default=[], max_length=255)


class NewPhone(NewDevice):
    """A phone to invite."""

    role: str = Field(default="steward", pattern="^(steward|supervisor)$")


class PairingCodeBody(BaseModel):
    """A one-time code, shown once; `link` opens the door app with it."""

    code: str
    link: str
    expires_at: int


class DeviceBody(BaseModel):
    """A device; `id` in 12 hexadecimal digits, times in ms UTC."""

    id: str
    kind: str
    name: str
    gate: str
    lists: list[int]
    role: str
    standing: str
    created_at: int
    expires_at: int
    revoked_at: int | None
    last_seen_at: int | None
    pending: int


class WatchedDevice(DeviceBody):
    """A device, and how many forged codes it was shown in the last hour."""

    forged_last_hour: int


class DeviceList(BaseModel):
    """Every device of an event."""

    devices: list[WatchedDevice]


class ScannerKey(BaseModel):
    """A scanner's key, shown once."""

    device: DeviceBody
    key: str


class ScanQuery(BaseModel):
    """Which decisions; `before` is the last `id` of the page before."""

    list: ListNumber | None = None
    verdict: str | None = Field(default=None, max_length=40)
    before: int | None = Field(default=None, ge=1, lt=2**53)
    limit: int = Field(default=PAGE, ge=1, le=500)


class PersonBody(BaseModel):
    """What one person did by hand; `admitted` without a code that was proven."""

    operator: str
    phones: list[str]
    admitted: int
    overridden: int
    taken_back: int
    searches: int


class HandworkBody(BaseModel):
    """People at the doors, who let in most by hand first."""

    people: list[PersonBody]


class AnyBody(BaseModel):
    """Members as the documentation of the door describes them."""

    model_config = ConfigDict(extra="allow")


class ExportQuery(BaseModel):
    """`csv` or `xlsx`."""

    format: str = Field(default="csv", pattern="^(csv|xlsx)$")


@spec.validate(json=NewPhone, resp=answers(HTTP_201=PairingCodeBody), tags=_TAGS)
async def invite_phone(request: Request, json: NewPhone) -> Response:
    """Make a one-time pairing code."""
    require_scanning(request)
    who = require_user(request)
    of = services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await owned_event(session, who, request.path_params["event_id"])
        await _check_lists(session, event.id, json.lists)
        code = await make_pairing_code(
            session,
            of,
            who,
            event,
            name=json.name,
            lists=json.lists,
            gate=json.gate,
            role=json.role,
        )
        link = f"{of.settings.public_url}/tickets/checkin/?pair={code}"
        body = {"code": code, "link": link, "expires_at": of.clock() + CODE_LIFE}
        return JSONResponse(body, status_code=201, headers={"Cache-Control": "no-store"})

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=NewDevice, resp=answers(HTTP_201=ScannerKey), tags=_TAGS)
async def new_key(request: Request, json: NewDevice) -> Response:
    """Make a key for a third-party scanner."""
    require_scanning(request)
    who = require_user(request)
    of = services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await owned_event(session, who, request.path_params["event_id"])
        device, key = await create_key(
            session, of, who, event, name=json.name, lists=json.lists, gate=json.gate
        )
        body = {"device": _device(device, json.lists, of.clock()), "key": key}
        return JSONResponse(body, status_code=201, headers={"Cache-Control": "no-store"})

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=DeviceList), tags=_TAGS)
async def list_devices(request: Request) -> Response:
    """List the phones and scanners of an event."""
    who = require_user(request)
    of = services(request)
    async with of.db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        views: list[DeviceView] = []
        for kind in ("phone", "api"):
            views += await devices_of(session, event.id, kind=kind)
        forged = await forged_lately(session, event.id, of.clock())
    found = [
        _device(view.device, view.lists, of.clock())
        | {"forged_last_hour": forged.get(view.device.id, 0)}
        for view in views
    ]
    return JSONResponse({"devices": found})


@spec.validate(resp=answers(HTTP_200=DeviceBody), tags=_TAGS)
async def revoke(request: Request) -> Response:
    """Revoke a phone or a scanner's key; revoking again changes nothing."""
    who = require_user(request)
    of = services(request)
    device_id = device_of_hex(request.path_params["device"])

    async def produce(session: AsyncSession) -> Response:
        device = await revoke_device(session, of, who, device_id)
        return JSONResponse(_device(device, [], of.clock()))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=AnyBody), tags=_TAGS)
async def live_board(request: Request) -> Response:
    """Tell how the doors are: admitted, lists, gates, devices, open conflicts."""
    who = require_user(request)
    of = services(request)
    async with of.db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        members = asdict(await board(session, event.id, of.clock()))
    for device in members["devices"]:
        device["id"] = device_hex(device["id"])
    for claim in members["kept"]["oldest"]:
        claim["device"] = device_hex(claim["device"])
    return JSONResponse(members, headers={"Cache-Control": "no-store"})


@spec.validate(resp=answers(HTTP_200=AnyBody), tags=_TAGS)
async def list_conflicts(request: Request) -> Response:
    """List the conflicts of an event with every green light behind each."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        found = await conflicts(session, event.id)
    return JSONResponse({"conflicts": [_conflict(row) for row in found]})


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def resolve(request: Request) -> Response:
    """Note that a conflict was looked at."""
    who = require_user(request)
    of = services(request)
    parameters = request.path_params

    async def produce(session: AsyncSession) -> Response:
        await resolve_conflict(
            session,
            of,
            who,
            parameters["event_id"],
            serial=parameters["serial"],
            list_no=parameters["list_no"],
        )
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(query=ScanQuery, resp=answers(HTTP_200=AnyBody), tags=_TAGS)
async def list_scans(request: Request, query: ScanQuery) -> Response:
    """List decisions, the last received first, denials too."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        rows = await scan_log(
            session,
            event.id,
            list_no=query.list,
            verdict=query.verdict,
            before=query.before,
            limit=query.limit,
        )
    more = rows[-1].id if len(rows) == query.limit else None
    return JSONResponse({"scans": [_scan(row) for row in rows], "next": more})


@spec.validate(resp=answers(HTTP_200=HandworkBody), tags=_TAGS)
async def list_by_hand(request: Request) -> Response:
    """Tell who let in without a code, overruled, took back or searched, and how often."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, request.path_params["event_id"])
        people = await by_hand(session, event.id)
    return JSONResponse({"people": [asdict(one) for one in people]})


@spec.validate(query=ExportQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export_scans(request: Request, query: ExportQuery) -> Response:
    """Download the whole scan log."""
    who = require_user(request)
    of = services(request)
    async with of.db.write(actor=f"user:{who.id}") as session:
        event, names = await open_export(session, who, request.path_params["event_id"])
    if query.format == "xlsx":
        return file_answer(scans_xlsx(of, event, names), f"{event.slug}-scans.xlsx", XLSX_TYPE)
    return file_answer(scans_csv(of, event, names), f"{event.slug}-scans.csv", CSV_TYPE)


async def _check_lists(session: AsyncSession, event_id: str, lists: list[int]) -> None:
    known = {view.number for view in await lists_of(session, event_id)}
    for number in lists:
        if number not in known:
            raise BadInput(_("The event has no list number %(number)d.") % {"number": number})


def _device(device: Device, lists: list[int], now: Millis) -> dict[str, Any]:
    return {
        "id": device_hex(device.id),
        "kind": device.kind,
        "name": device.name,
        "gate": device.gate,
        "lists": lists,
        "role": device.role,
        "standing": standing(device, now),
        "created_at": device.created_at,
        "expires_at": device.expires_at,
        "revoked_at": device.revoked_at,
        "last_seen_at": device.last_seen_at,
        "pending": device.pending or 0,
    }


def _scan(row: ScanRow) -> dict[str, Any]:
    return asdict(row) | {"device_id": device_hex(row.device_id)}


def _conflict(row: ConflictRow) -> dict[str, Any]:
    ticket = row.ticket
    return {
        "kind": row.kind,
        "serial": row.serial,
        "list": row.list_no,
        "list_name": row.list_name,
        "resolved_at": row.resolved_at,
        "ticket": None
        if ticket is None
        else {
            "printed_id": ticket.printed_id,
            "name": ticket.holder_name,
            "status": ticket.status,
            "status_at": ticket.status_at,
            "epoch": ticket.epoch,
        },
        "sides": [
            {"wins": side.wins, "old": side.old, "scan": _scan(side.scan)} for side in row.sides
        ],
        "overrides": [_scan(scan) for scan in row.overrides],
    }


_EVENT = "/api/tickets/events/{event_id}"
routes: list[BaseRoute] = [
    Route(f"{_EVENT}/pairing-codes", invite_phone, methods=["POST"]),
    Route(f"{_EVENT}/devices", list_devices, methods=["GET"]),
    Route(f"{_EVENT}/scanner-keys", new_key, methods=["POST"]),
    Route(f"{_EVENT}/board", live_board, methods=["GET"]),
    Route(f"{_EVENT}/conflicts", list_conflicts, methods=["GET"]),
    Route(f"{_EVENT}/conflicts/{{serial:int}}/{{list_no:int}}/resolve", resolve, methods=["POST"]),
    Route(f"{_EVENT}/scans", list_scans, methods=["GET"]),
    Route(f"{_EVENT}/scans/by-hand", list_by_hand, methods=["GET"]),
    Route(f"{_EVENT}/scans/export", export_scans, methods=["GET"]),
    Route("/api/tickets/devices/{device}/revoke", revoke, methods=["POST"]),
    *void_routes.routes,
]

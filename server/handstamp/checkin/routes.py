"""The door over HTTP: pairing, the list, the exchange, live hints, third-party scanners."""

import gzip
import json
import secrets

from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from handstamp.checkin import claim_routes
from handstamp.checkin.device_credentials import bearer, living_device
from handstamp.checkin.exchange_shapes import ExchangeAnswer, ExchangeRequest, ListRelease
from handstamp.checkin.live import live
from handstamp.checkin.pair_device import pair as pair_device
from handstamp.checkin.release_key import list_key_of, require_released
from handstamp.checkin.sealed_list import seal_for_device
from handstamp.checkin.snapshot import current_snapshot
from handstamp.checkin.sync import sync as exchange
from handstamp.checkin.sync_request import MOST_BYTES, read_body, read_sync
from handstamp.checkin.validate import Question
from handstamp.checkin.validate import validate as validate_scan
from handstamp.kit.clock import MINUTE
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.described import described
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_scanning, services

PAIRS_PER_ADDRESS = 60
PAIRS_IN_ALL = 600
CARRIED_PER_ADDRESS = 120
LEAST_ZIPPED = 1_024
MOST_KEY = 200


class PairRequest(BaseModel):
    """What a phone sends to be paired: the code, and its Ed25519 public key in base64."""

    code: str = Field(min_length=1, max_length=40)
    public_key: str = Field(min_length=44, max_length=44)
    name: str = Field(default="", max_length=80)
    app_build: str = Field(default="", max_length=80)


class PairedEvent(BaseModel):
    """The event that a phone was paired with; times in ms UTC."""

    id: str
    number: int
    title: str
    start: int
    end: int
    time_zone: str


class Paired(BaseModel):
    """A pairing; the same code and key give the same one again."""

    device: int
    credential: str
    certificate: str
    server_key: str
    event: PairedEvent
    name: str
    gate: str
    role: str
    lists: list[int]
    expires_at: int
    release: ListRelease | None


class Now(BaseModel):
    """The server's time in ms UTC."""

    now: int


class ValidateRequest(BaseModel):
    """What a third-party scanner read; `list` absent means the first list of its key.

    `leaving`: the person goes out; `admit` then says that they were inside and may.
    """

    token: str = Field(max_length=1_000)
    list: int | None = Field(default=None, ge=1, le=255)
    operator: str = Field(default="", max_length=80)
    leaving: bool = False


class UsedBefore(BaseModel):
    """The green light that came first; `at` in ms UTC."""

    at: int
    device: str
    gate: str
    list: int


class EntryWindow(BaseModel):
    """When entry is allowed, ms UTC; null is open."""

    model_config = ConfigDict(populate_by_name=True)

    from_: int | None = Field(alias="from")
    until: int | None


class ScannedTicket(BaseModel):
    """The ticket, as far as the organizer lets devices see it."""

    printed_id: str
    tier: int
    name: str
    order: str


class FactRef(BaseModel):
    """Where the decision is written down."""

    device: int
    number: int


class Validated(BaseModel):
    """The decision; `verdict` is one of the closed set of the protocol (R26)."""

    verdict: str
    admit: bool
    flags: list[str]
    used: UsedBefore | None
    window: EntryWindow | None
    ticket: ScannedTicket | None
    list: int
    fact: FactRef
    server_time: int


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@spec.validate(json=PairRequest, resp=answers(HTTP_200=Paired), tags=["door"])
async def pair(request: Request, json: PairRequest) -> Response:
    """Pair a phone by its one-time code."""
    require_scanning(request)
    of = services(request)
    await hit(of, f"pair:{_address(request)}", limit=PAIRS_PER_ADDRESS, window_ms=MINUTE)
    await hit(of, "pair", limit=PAIRS_IN_ALL, window_ms=MINUTE)
    paired = await pair_device(
        of, code=json.code, public_key=json.public_key, name=json.name, app_build=json.app_build
    )
    return JSONResponse(paired, headers={"Cache-Control": "no-store"})


@described(tag="door", answer="application/octet-stream")
async def snapshot(request: Request) -> Response:
    """Hand out the event's list: an envelope line and the columns, in one compressed body."""
    require_scanning(request)
    of = services(request)
    async with of.db.read() as session:
        device = await living_device(session, of, request)
        await require_released(session, of, device)
    built = await current_snapshot(of, device.event_id)
    encoding = _encoding(request.headers.get("accept-encoding", ""))
    etag = f'"{built.etag}-{encoding}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if encoding == "identity":
        body = gzip.decompress(built.gzip)
    else:
        headers["Content-Encoding"] = encoding
        body = built.brotli if encoding == "br" else built.gzip
    return Response(body, headers=headers, media_type="application/octet-stream")


@described(tag="door", answer="application/octet-stream")
async def sealed_snapshot(request: Request) -> Response:
    """Hand out the list before its time, encrypted under the key that the phone gets later."""
    require_scanning(request)
    of = services(request)
    async with of.db.read() as session:
        device = await living_device(session, of, request)
    built = await current_snapshot(of, device.event_id)
    key = await list_key_of(of, device.id)
    body = seal_for_device(key, secrets.token_bytes(12), built.gzip, device.id)
    headers = {"Cache-Control": "no-store"}
    return Response(body, headers=headers, media_type="application/octet-stream")


@described(tag="door", json=ExchangeRequest, answer=ExchangeAnswer)
async def sync(request: Request) -> Response:
    """Do one exchange; works for ended pairings too, and without a credential for carried logs."""
    of = services(request)
    credential = bearer(request)
    if not credential:
        bucket = f"carried:{_address(request)}"
        await hit(of, bucket, limit=CARRIED_PER_ADDRESS, window_ms=MINUTE)
    sent = read_sync(await read_body(request))
    answer = await exchange(of, credential, sent)
    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    if len(body) >= LEAST_ZIPPED and _encoding(accepted) != "identity":
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


@spec.validate(resp=answers(HTTP_200=Now), tags=["door"])
async def time(request: Request) -> Response:
    """Answer a probe: the server is reachable, and this is its time."""
    return JSONResponse({"now": services(request).clock()}, headers={"Cache-Control": "no-store"})


@spec.validate(json=ValidateRequest, resp=answers(HTTP_200=Validated), tags=["door"])
async def validate(request: Request, json: ValidateRequest) -> Response:
    """Decide one scan for a third-party scanner and write it down."""
    require_scanning(request)
    key = request.headers.get("idempotency-key", "")
    if len(key) > MOST_KEY:
        raise BadInput(_("Idempotency-Key: at most 200 characters."))
    question = Question(json.token, json.list, json.operator, key, json.leaving)
    answer = await validate_scan(services(request), bearer(request), question)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _encoding(accepted: str) -> str:
    """Choose `br`, `gzip` or `identity` by what the caller accepts."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        refused = parameters.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        weights[name.strip()] = not refused
    for name in ("br", "gzip"):
        if weights.get(name, weights.get("*", False) if name == "gzip" else False):
            return name
    return "identity"


# One byte more than is read, so that the exchange itself says what is too large.
_EXCHANGES = [Middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES + (1 << 16))]
routes: list[BaseRoute] = [
    Route("/api/tickets/checkin/pair", pair, methods=["POST"]),
    Route("/api/tickets/checkin/snapshot", snapshot, methods=["GET"]),
    Route("/api/tickets/checkin/snapshot/sealed", sealed_snapshot, methods=["GET"]),
    Route("/api/tickets/checkin/sync", sync, methods=["POST"], middleware=_EXCHANGES),
    Route("/api/tickets/checkin/time", time, methods=["GET"]),
    Route("/api/tickets/validate", validate, methods=["POST"]),
    WebSocketRoute("/api/tickets/checkin/live", live),
    *claim_routes.routes,
]

"""Notices on a member's devices that a ticket has come: asked for, taken back, sent by a job.

A notice is encrypted for its browser alone (RFC 8291), so the push service cannot read it.
"""

import json
from collections import defaultdict
from collections.abc import Sequence

import http_ece
import httpx
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, SECOND
from handstamp.kit.ids import new_id
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.jobs import JobContext, NewJob, enqueue_many
from handstamp.plumbing.texts import _, speaking
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders.models import PreOrder, PushSubscription
from handstamp.preorders.push_endpoint import NotAllowed, Target, parsed, target_of
from handstamp.preorders.push_key import authorization, from_url_safe, push_key
from handstamp.preorders.store import IN_ONE
from handstamp.preorders.told import page_of

JOB = "preorders.push"
MOST_DEVICES = 10
LIFE_S = 3 * DAY // SECOND
GONE = (404, 410)
_POINT, _AUTH = 65, 16
_TIMEOUT = httpx.Timeout(10.0, connect=4.0)
_log = structlog.get_logger("handstamp.preorders")


class NotTaken(Exception):
    """A push service did not take a notice; the job tries again."""


async def subscribe(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    endpoint: str,
    *,
    p256dh: str,
    auth: str,
) -> PushSubscription:
    """Keep a browser that may be told; the same again changes nothing but whose it is.

    The oldest goes where a person has very many.

    Raises:
        BadInput: no notice can be sent to it.
    """
    _check(services.settings, endpoint, p256dh, auth)
    values = {
        "id": new_id("push"),
        "user_id": actor.id,
        "endpoint": endpoint,
        "p256dh": p256dh,
        "auth": auth,
        "created_at": services.clock(),
    }
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    fresh = {name: values[name] for name in ("user_id", "p256dh", "auth", "created_at")}
    row = insert(PushSubscription).values(**values)
    await session.execute(row.on_conflict_do_update(index_elements=["endpoint"], set_=fresh))
    mine = await subscriptions_of(session, actor.id)
    for old in mine[MOST_DEVICES:]:
        await session.delete(old)
    return next(one for one in mine if one.endpoint == endpoint)


async def unsubscribe(session: AsyncSession, actor: Actor, endpoint: str) -> None:
    """Forget a browser of the actor's; one that is not known is forgotten already."""
    table = PushSubscription
    await session.execute(
        delete(table).where(table.endpoint == endpoint, table.user_id == actor.id)
    )


async def subscriptions_of(session: AsyncSession, user_id: str) -> Sequence[PushSubscription]:
    """Return a person's browsers, the newest first."""
    table = PushSubscription
    query = select(table).where(table.user_id == user_id)
    return (await session.scalars(query.order_by(table.created_at.desc(), table.id))).all()


async def queue_notices(session: AsyncSession, preorder: PreOrder) -> None:
    """Enqueue a notice to each of a member's browsers, in the transaction of the ticket."""
    await queue_all_notices(session, [preorder])


async def queue_all_notices(session: AsyncSession, preorders: Sequence[PreOrder]) -> None:
    """Enqueue a notice to each browser of each of some members."""
    table = PushSubscription
    users = sorted({preorder.user_id for preorder in preorders})
    browsers: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(users), IN_ONE):
        some = table.user_id.in_(users[start : start + IN_ONE])
        for user_id, browser in await session.execute(select(table.user_id, table.id).where(some)):
            browsers[user_id].append(browser)
    jobs = [
        NewJob({"subscription": one, "preorder": preorder.id}, dedupe=f"push:{one}:{preorder.id}")
        for preorder in preorders
        for one in sorted(browsers[preorder.user_id])
    ]
    await enqueue_many(session, JOB, jobs)


async def send_notice(ctx: JobContext) -> None:
    """Send a notice; a browser that is gone is forgotten.

    Raises:
        NotTaken: the push service is away or busy.
    """
    services = ctx.services
    async with services.db.read() as session:
        known = await session.get(PushSubscription, str(ctx.args["subscription"]))
        preorder = await session.get(PreOrder, str(ctx.args["preorder"]))
        event = await session.get(Event, preorder.event_id) if preorder else None
    gone = False
    if known is not None and preorder is not None and event is not None:
        gone = await _send(services, known, _notice(services.settings, preorder, event))
    async with ctx.write() as session:
        if known is not None and gone:
            await session.execute(delete(PushSubscription).where(PushSubscription.id == known.id))
        await ctx.acknowledge(session)


async def _send(services: Services, to: PushSubscription, notice: bytes) -> bool:
    """Send a notice; tell whether the browser is gone for good."""
    try:
        target = await target_of(to.endpoint, loopback=services.settings.push_to_loopback)
        status = await _post(services, target, to, notice)
    except NotAllowed:
        _log.warning("push_not_allowed", subscription=to.id)
        return True
    except (OSError, httpx.HTTPError) as error:
        raise NotTaken(type(error).__name__) from error
    if status in GONE:
        return True
    if status == 429 or status >= 500:
        raise NotTaken(str(status))
    if status >= 300:
        _log.warning("push_refused", subscription=to.id, status=status)
    return False


async def _post(services: Services, target: Target, to: PushSubscription, notice: bytes) -> int:
    key = await push_key(services)
    headers = {
        "Authorization": authorization(
            key, to.endpoint, _contact(services.settings), services.clock()
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Host": target.host,
        "TTL": str(LIFE_S),
        "Urgency": "normal",
    }
    extensions = {"sni_hostname": target.server_name} if target.server_name else {}
    async with httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT, follow_redirects=False) as http:
        answer = await http.post(
            target.url, content=encrypted(to, notice), headers=headers, extensions=extensions
        )
    return answer.status_code


def encrypted(to: PushSubscription, notice: bytes) -> bytes:
    """Return a notice as only its browser can read it."""
    sealed: bytes = http_ece.encrypt(
        notice,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=from_url_safe(to.p256dh),
        auth_secret=from_url_safe(to.auth),
        version="aes128gcm",
    )
    return sealed


def _notice(settings: Settings, preorder: PreOrder, event: Event) -> bytes:
    with speaking(preorder.language):
        told = {
            "title": _("Your ticket is here"),
            "body": event.title,
            "url": page_of(settings, preorder.id),
        }
    return json.dumps(told).encode()


def _contact(settings: Settings) -> str:
    """Return how a push service reaches whoever runs this server."""
    if settings.public_url.startswith("https://"):
        return settings.public_url
    return f"mailto:{settings.mail_from.rpartition('<')[2].rstrip('>')}"


def _check(settings: Settings, endpoint: str, p256dh: str, auth: str) -> None:
    try:
        parsed(endpoint, loopback=settings.push_to_loopback)
        public = from_url_safe(p256dh)
        if len(public) != _POINT or len(from_url_safe(auth)) != _AUTH:
            raise ValueError("a key of another length")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except (NotAllowed, ValueError, UnsupportedAlgorithm) as error:
        raise BadInput(_("No notice can be sent to this browser.")) from error

"""The job that sends mails: read some together, hand each over outside any transaction, note them.

A mail is handed over at least once: when its outcome cannot be written, because the process dies
or another has the job meanwhile, it goes again under the same Message-ID. What has left is noted
within a second, however long the others of its batch take.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from handstamp.mail.addresses import BadAddress, is_erased
from handstamp.mail.build_message import build_message
from handstamp.mail.connections import MOST
from handstamp.mail.models import Mail
from handstamp.mail.note_outcome import Outcome, note_failed, note_outcomes
from handstamp.mail.prepared import Kinds, NoLongerWanted, Ready, arguments
from handstamp.mail.render_mail import render_mail
from handstamp.mail.transport import MailDelayed, MailRefused, transport_of
from handstamp.plumbing.jobs import Batch, GiveUp, JobContext
from handstamp.plumbing.metrics import MAILS
from handstamp.plumbing.web import Services

TOGETHER = 50
BATCHES = 2  # at work at the same time in one process: one is read or noted while one is sent
HELD = TOGETHER * BATCHES
LANES = MOST // BATCHES
NOTE_EVERY_S = 1.0
FRESH_S = 2.0


@dataclass
class Letter:
    """A mail on its way; `outcome` is '' until it is sent or dropped, or when it failed."""

    ctx: JobContext
    mail: Mail
    ready: Ready | None = None
    read_at: float = 0.0
    outcome: str = ""

    @property
    def is_stale(self) -> bool:
        """Tell whether what it says was read so long ago that it may be due no more."""
        return self.ready is not None and asyncio.get_running_loop().time() - self.read_at > FRESH_S


def deliver_with(kinds: Kinds) -> Batch:
    """Return the handler of `mail.send` for these kinds of mail."""

    async def deliver_mails(batch: Sequence[JobContext]) -> None:
        await _send_all(kinds, await _read(batch[0].services, kinds, batch))

    return Batch(deliver_mails, TOGETHER)


async def _read(services: Services, kinds: Kinds, batch: Sequence[JobContext]) -> list[Letter]:
    async with services.db.read() as session:
        query = select(Mail).where(Mail.id.in_({ctx.args["mail"] for ctx in batch}))
        mails = {mail.id: mail for mail in await session.scalars(query)}
    for ctx in batch:
        if ctx.args["mail"] not in mails:
            ctx.error = GiveUp("there is no such mail")
    letters = [Letter(ctx, mails[ctx.args["mail"]]) for ctx in batch if ctx.error is None]
    await _gather(services, kinds, letters)
    return letters


async def _gather(services: Services, kinds: Kinds, letters: Sequence[Letter]) -> None:
    """Read what mails say, of the kinds of which many are read at once."""
    read_at = asyncio.get_running_loop().time()
    for kind, gather in kinds.gatherers.items():
        some = [one for one in letters if one.mail.kind == kind and one.mail.status == "queued"]
        if some:
            found = await gather(services, [arguments(one.mail) for one in some])
            for one, ready in zip(some, found, strict=True):
                one.ready, one.read_at = ready, read_at


async def _send_all(kinds: Kinds, letters: Sequence[Letter]) -> None:
    waiting, done = deque(letters), deque[Letter]()

    async def lane() -> None:
        while waiting:
            one = waiting.popleft()
            await _send(kinds, one, waiting)
            done.append(one)

    lanes = {asyncio.create_task(lane()) for _ in range(min(LANES, len(letters)))}
    try:
        while lanes:
            _ended, lanes = await asyncio.wait(lanes, timeout=NOTE_EVERY_S)
            await _note_done(kinds, done)
    finally:
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        await _note_done(kinds, done)


async def _send(kinds: Kinds, one: Letter, waiting: Iterable[Letter]) -> None:
    """Send one mail; whatever befalls it befalls no other."""
    try:
        if one.is_stale:
            await _gather(one.ctx.services, kinds, [one, *(two for two in waiting if two.is_stale)])
        one.outcome = one.mail.status
        if one.outcome == "queued":
            one.outcome = await _hand_over(kinds, one)
    except Exception as error:
        one.outcome, one.ctx.error = "", error


async def _hand_over(kinds: Kinds, one: Letter) -> str:
    services, mail = one.ctx.services, one.mail
    if is_erased(mail.to_email):
        return "dropped"
    try:
        rendered = await render_mail(services, kinds.preparers, mail, one.ready)
        message = await build_message(services, mail, rendered)
        await transport_of(services).send(message)
    except NoLongerWanted:
        return "dropped"
    except (MailRefused, BadAddress) as error:
        await note_failed(one.ctx, kinds.followers, mail, str(error), refused=True)
        raise GiveUp(f"refused with {error}") from error
    except MailDelayed as error:
        if one.ctx.is_last_attempt:
            await note_failed(one.ctx, kinds.followers, mail, str(error), refused=False)
        raise
    return "sent"


async def _note_done(kinds: Kinds, done: deque[Letter]) -> None:
    some = [one for one in done if one.outcome]
    done.clear()
    if some:
        await _note(kinds, some)


async def _note(kinds: Kinds, some: Sequence[Letter]) -> None:
    """Note some mails; if that cannot be together, then one by one."""
    found = [Outcome(one.ctx, one.mail, one.outcome) for one in some]
    try:
        await note_outcomes(kinds.followers, found)
    except Exception as error:
        if len(some) == 1:
            some[0].ctx.error = error
            return
        for one in some:
            await _note(kinds, [one])
        return
    for one in some:
        if one.ctx.acknowledged:
            MAILS.labels(kind=one.mail.kind, outcome=one.outcome).inc()

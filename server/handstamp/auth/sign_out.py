"""End this session, or every session of a person."""

from handstamp.audit.record import record
from handstamp.auth.sessions import revoke_all, revoke_session
from handstamp.plumbing.web import Actor, Services


async def sign_out(services: Services, actor: Actor, token: str) -> None:
    """End the session of `token`; harmless when it has ended."""
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        await revoke_session(session, token)
        await record(session, actor, "session.end", "user", actor.id)


async def sign_out_everywhere(services: Services, actor: Actor) -> None:
    """End every session of the actor, this one too."""
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        await revoke_all(session, actor.id)
        await record(session, actor, "session.end_all", "user", actor.id)

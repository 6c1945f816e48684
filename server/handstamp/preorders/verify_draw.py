"""Checking a draw after its seed is told: the promise, the places, and who was passed over."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.draw_seed import seed_of
from handstamp.clubs.find_clubs import club_event
from handstamp.clubs.models import ClubEvent
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.preorders import draw, store
from handstamp.preorders.models import PreOrder

CHOSEN = ("approved", "charging", "needs_action", "paid", "waiting_for_stock", "fulfilled")
LEFT_OUT = ("pending", "not_allocated")


@dataclass(frozen=True)
class DrawReport:
    """What a draw was, and what is wrong with it.

    `places`: pre-order ids by place, from 1. `wrong`: those whose place is not the drawn one.
    `passed_over`: those left out although one behind them with the same tier was chosen.
    """

    commitment: str
    seed: str
    seed_fits: bool
    places: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @property
    def fair(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.seed_fits and not self.wrong and not self.passed_over


def told_seed(services: Services, terms: ClubEvent) -> str:
    """Return a draw's seed in hexadecimal once it is told, '' before."""
    if terms.draw_revealed_at is None or terms.draw_seed is None:
        return ""
    return seed_of(services, terms).hex()


async def verify_draw(
    session: AsyncSession, services: Services, club_id: str, event_id: str
) -> DrawReport:
    """Compute a draw again and compare. The caller has made sure that the actor may see it.

    Raises:
        NotFound: the club never offered the event.
        Conflict: no draw was held.
    """
    terms = await club_event(session, club_id, event_id)
    seed = told_seed(services, terms)
    if not seed:
        raise Conflict(_("No draw was held for this event yet."), code="no_draw")
    drawn = await store.drawn(session, club_id, event_id, terms.week)
    verdict = draw.verify(
        terms.draw_commitment, bytes.fromhex(seed), {one.id: one.draw_rank or 0 for one in drawn}
    )
    return DrawReport(
        commitment=terms.draw_commitment,
        seed=seed,
        seed_fits=verdict.seed_fits,
        places=[one.id for one in drawn],
        wrong=list(verdict.wrong),
        passed_over=_passed_over(drawn),
    )


def _passed_over(drawn: Sequence[PreOrder]) -> list[str]:
    last = {one.tier_id: one.draw_rank or 0 for one in drawn if one.status in CHOSEN}
    return [
        one.id
        for one in drawn
        if one.status in LEFT_OUT and (one.draw_rank or 0) < last.get(one.tier_id, 0)
    ]

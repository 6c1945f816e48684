"""What all steps of a story after the sale stand on: a loop, an installation, an event."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import httpx2
from hypothesis.stateful import RuleBasedStateMachine
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.refunds.after_sale import AfterSale, open_event

from handstamp.kit.clock import FakeClock
from handstamp.payments.gateway_errors import GatewayError
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import Services

EXPECTED = (Problem, GatewayError)
Result = TypeVar("Result")


class Steps(RuleBasedStateMachine):
    """One event of an installation that sells at Stripe's double, which is a process."""

    runner: asyncio.Runner
    services: Services
    clock: FakeClock
    http: httpx2.AsyncClient
    double: StripeDouble
    sale: AfterSale

    def begin(self, kind: str) -> None:
        """Let an organizer begin to sell."""
        opening = open_event(self.services, self.clock, self.http, self.double, kind)
        self.sale = self.run(opening)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end."""
        return self.runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Run until it ends, is refused or hears nothing."""
        try:
            return self.run(work)
        except EXPECTED:
            return None

    def nth(self, found: Sequence[Result], nth: int) -> Sequence[Result]:
        """Return one of what there is, if there is any: what is drawn must not depend on it."""
        return found[nth % len(found) :][:1] if found else ()

"""Stripe on paper: sessions, idempotency keys and failures in memory, for thousands of stories.

What real answers look like is proved against the double; here only the order of things varies.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from handstamp.kit.clock import MINUTE, Clock
from handstamp.payments.facts import CheckoutFacts, NewCheckout, PaymentFacts
from handstamp.payments.gateway_errors import GatewayRefused, GatewayUnknown

FEE = 40


class Death(Exception):
    """The process dies here."""


@dataclass
class Page:
    """A session at Stripe."""

    wanted: NewCheckout
    id: str
    status: str = "open"
    paid: bool = False
    error: str = ""


@dataclass
class PaperStripe:
    """Stands in a process's gateway; `faults` are taken one by one by coming calls.

    A fault is "lost" (the call never arrives), "unheard" (done, the answer is lost), "dies"
    (the process dies before the call) or "dies after" (it dies when all is done).
    """

    clock: Clock
    pages: dict[str, Page] = field(default_factory=dict)
    keys: dict[str, tuple[NewCheckout, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    async def create_checkout(self, wanted: NewCheckout, *, key: str) -> CheckoutFacts:
        """Open a session, or give the one again that was opened under the key."""
        fault = await self._arrive()
        if key in self.keys:
            first, page_id = self.keys[key]
            assert first == wanted, "a key was used with other parameters"
        else:
            if not 30 * MINUTE <= wanted.expires_at - self.clock() <= 24 * 60 * MINUTE:
                raise GatewayRefused("parameter_invalid", "expires_at")
            page_id = f"cs_{len(self.pages)}_{wanted.order_id}"
            self.keys[key] = (wanted, page_id)
            self.pages[page_id] = Page(wanted, page_id)
        found = self._facts(self.pages[page_id])
        self._leave(fault)
        return replace(found, status="open")

    async def retrieve_checkout(self, session_id: str, *, account: str) -> CheckoutFacts:
        """Look at a session."""
        fault = await self._arrive()
        page = self._page(session_id, account)
        self._leave(fault)
        return self._facts(page)

    async def expire_checkout(self, session_id: str, *, account: str) -> CheckoutFacts:
        """Expire a session that is open."""
        fault = await self._arrive()
        page = self._page(session_id, account)
        if page.status == "open":
            page.status = "expired"
        self._leave(fault)
        return self._facts(page)

    async def close(self) -> None:
        """Nothing is open."""

    def pass_time(self) -> None:
        """Let sessions end whose own time is over."""
        for page in self.pages.values():
            if page.status == "open" and self.clock() >= page.wanted.expires_at:
                page.status = "expired"

    def total(self) -> int:
        """Return what all paid sessions took, less Stripe's fees."""
        return sum(_amount(page.wanted) - FEE for page in self.pages.values() if page.paid)

    def _page(self, session_id: str, account: str) -> Page:
        page = self.pages[session_id]
        assert page.wanted.account == account
        return page

    async def _arrive(self) -> str:
        await asyncio.sleep(0)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost":
            raise GatewayUnknown("no_answer")
        if fault == "dies":
            raise Death
        return fault

    def _leave(self, fault: str) -> None:
        if fault == "unheard":
            raise GatewayUnknown("no_answer")
        if fault == "dies after":
            raise Death

    def _facts(self, page: Page) -> CheckoutFacts:
        marks: Mapping[str, Any] = {"order_id": page.wanted.order_id}
        amount = _amount(page.wanted)
        payment = PaymentFacts(
            id=f"pi_{page.id}",
            status="succeeded" if page.paid else "requires_payment_method",
            amount=amount,
            amount_received=amount if page.paid else 0,
            currency=page.wanted.currency,
            charge_id=f"ch_{page.id}" if page.paid else "",
            fee=FEE if page.paid else None,
            error_code=page.error,
        )
        tried = page.paid or bool(page.error)
        return CheckoutFacts(
            id=page.id,
            status=page.status,
            paid=page.paid,
            url=f"https://stripe.test/{page.id}",
            payment=payment if tried else None,
            metadata=dict(marks),
        )


def _amount(wanted: NewCheckout) -> int:
    return sum(amount * qty for _name, amount, qty in wanted.lines)

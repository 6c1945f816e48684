"""The field for codes on an event's page: what was typed, what it does, or why it does nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from handstamp.discounts.rules import (
    USED_UP,
    Chosen,
    Code,
    Problem,
    choose,
    is_used_up,
    window_problem,
)
from handstamp.kit.clock import Millis
from handstamp.plumbing.money_text import money, percent
from handstamp.plumbing.texts import _

NOTHING = Chosen()


@dataclass(frozen=True)
class CodeField:
    """`typed` is shown in the field; `said` what the codes do, `wrong` why they do nothing."""

    typed: str = ""
    said: tuple[str, ...] = ()
    wrong: str = ""
    chosen: Chosen = NOTHING


EMPTY = CodeField()


def code_field(
    typed: Collection[str],
    known: Mapping[str, Code],
    *,
    wants: Collection[str],
    hidden: Collection[str],
    own: Collection[str],
    currency: str,
    now: Millis,
) -> CodeField:
    """Return the field for what was typed.

    `own`: codes, by id, of which this buyer's pending order has a use already.
    """
    if not typed:
        return EMPTY
    text = " ".join(typed)
    chosen = choose(typed, known, wants, hidden)
    if isinstance(chosen, Problem):
        return CodeField(text, wrong=_(chosen.message))
    codes = [known[one] for one in typed]
    for code in codes:
        problem = window_problem(code, now)
        if problem is None and is_used_up(code, -1 if code.id in own else 0):
            problem = USED_UP
        if problem:
            return CodeField(text, wrong=_(problem.message))
    return CodeField(text, tuple(_does(code, currency) for code in codes), chosen=chosen)


def _does(code: Code, currency: str) -> str:
    if code.kind == "percent":
        values = {"code": code.code, "number": percent(code.value)}
        return _("%(code)s takes %(number)s%% off.") % values
    if code.kind == "fixed":
        values = {"code": code.code, "amount": money(code.value, currency)}
        return _("%(code)s takes %(amount)s off your order.") % values
    return _("%(code)s shows tickets that are hidden otherwise.") % {"code": code.code}

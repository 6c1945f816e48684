"""The double's published table of tax: standard rates in per cent. Its shape is Stripe's, not its
rules: no reduced rates, no thresholds, no registrations.
"""

from fakestripe.call import Call, Operations, listing, lookup, metadata, update_metadata
from fakestripe.spec import Obj
from fakestripe.world import World

RATES = {
    "AT": 20.0, "BE": 21.0, "CH": 8.1, "CZ": 21.0, "DE": 19.0, "DK": 25.0, "ES": 21.0,
    "FI": 25.5, "FR": 20.0, "GB": 20.0, "IE": 23.0, "IT": 22.0, "NL": 21.0, "NO": 25.0,
    "PL": 23.0, "PT": 23.0, "SE": 25.0,
}  # fmt: skip


def tax_on(amount: int, rate: float, *, inclusive: bool) -> int:
    """Return the tax in or on an amount, in minor units, half up; the rate in per cent."""
    mille = round(rate * 10)
    base = 1000 + mille if inclusive else 1000
    return (2 * amount * mille + base) // (2 * base)


def _create(call: Call) -> Obj:
    params = call.params
    given = {key: value for key, value in params.items() if key not in ("expand", "metadata")}
    return new(call.world, call.account, given, metadata(params))


def new(world: World, account: str, given: Obj, meta: Obj) -> Obj:
    """Make a tax rate."""
    fields = {"active": True, "rate_type": "percentage", "metadata": meta,
              "effective_percentage": given["percentage"], **given}  # fmt: skip
    made = world.make(account, "tax_rate", **fields)
    world.emit(account, "tax_rate.created", made)
    return made


def publish(world: World) -> None:
    """Give the platform the table as tax rates, once."""
    if next(world.each("", "tax_rate", _published=True), None) is not None:
        return
    for country, rate in RATES.items():
        given = {"display_name": "VAT", "percentage": rate, "inclusive": True,
                 "country": country, "jurisdiction": country, "tax_type": "vat"}  # fmt: skip
        made = world.make(
            "", "tax_rate", active=True, rate_type="percentage", metadata={},
            effective_percentage=rate, _published=True, **given,
        )  # fmt: skip
        world.change(made)


operations: Operations = {
    ("post", "/v1/tax_rates"): _create,
    ("get", "/v1/tax_rates"): listing("tax_rate", "active", "inclusive"),
    ("get", "/v1/tax_rates/{tax_rate}"): lookup("tax_rate"),
    ("post", "/v1/tax_rates/{tax_rate}"): update_metadata(
        "tax_rate", "active", "description", "display_name"
    ),
}

"""The lines of a Checkout session, with the tax that the double's table puts on them."""

from fakestripe.problems import invalid
from fakestripe.spec import Obj
from fakestripe.tax_table import RATES, tax_on
from fakestripe.world import PLATFORM, World, new_id, shown


def line_items(world: World, account: str, params: Obj) -> list[Obj]:
    """Return the session's lines.

    Raises:
        Problem: a line has no price or quantity, or currencies are mixed.
    """
    automatic = (params.get("automatic_tax") or {}).get("enabled", False)
    items = [
        _line(world, account, place, line, automatic=automatic)
        for place, line in enumerate(params.get("line_items") or [])
    ]
    if len({item["currency"] for item in items}) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    if len(items) > 100:
        raise invalid("At most 100 line items.", param="line_items")
    return items


def _line(world: World, account: str, place: int, line: Obj, *, automatic: bool) -> Obj:
    where = f"line_items[{place}]"
    data, quantity = line.get("price_data"), line.get("quantity", 0)
    if data is None:
        raise invalid("The double knows no prices; give price_data.", param=f"{where}[price]")
    if "unit_amount" not in data or data["unit_amount"] < 0:
        raise invalid("unit_amount must be given and not negative.",
                      param=f"{where}[price_data][unit_amount]")  # fmt: skip
    if "product_data" not in data:
        raise invalid("product_data is required.", param=f"{where}[price_data][product_data]")
    if quantity < 1:
        raise invalid("quantity must be at least 1.", param=f"{where}[quantity]")
    subtotal = data["unit_amount"] * quantity
    added, within = _tax(world, account, line, subtotal, automatic=automatic)
    return world.blank("item") | {
        "id": new_id("li"), "object": "item", "currency": data["currency"].lower(),
        "description": data["product_data"]["name"], "quantity": quantity,
        "amount_subtotal": subtotal, "amount_discount": 0, "amount_tax": added + within,
        "amount_total": subtotal + added, "price": _price(world, data), "metadata": {},
    }  # fmt: skip


def _tax(
    world: World, account: str, line: Obj, subtotal: int, *, automatic: bool
) -> tuple[int, int]:
    """Return the tax (put on top, contained) of a line."""
    rates = [
        (rate["percentage"], rate["inclusive"])
        for rate in (
            world.get(account, "tax_rate", each, param="line_items[tax_rates]")
            for each in line.get("tax_rates") or []
        )
    ]
    if automatic:
        owner = world.find(PLATFORM, account) or {}
        inclusive = line["price_data"].get("tax_behavior") == "inclusive"
        rates.append((RATES.get(owner.get("country", "DE"), 0.0), inclusive))
    added = sum(tax_on(subtotal, rate, inclusive=False) for rate, within in rates if not within)
    contained = sum(tax_on(subtotal, rate, inclusive=True) for rate, within in rates if within)
    return added, contained


def _price(world: World, data: Obj) -> Obj:
    return shown(
        world.blank("price")
        | {
            "id": new_id("price"), "object": "price", "active": False, "billing_scheme": "per_unit",
            "created": world.clock.now(), "currency": data["currency"].lower(), "livemode": False,
            "metadata": {}, "product": new_id("prod", 14), "type": "one_time",
            "tax_behavior": data.get("tax_behavior", "unspecified"),
            "unit_amount": data["unit_amount"], "unit_amount_decimal": str(data["unit_amount"]),
        }
    )  # fmt: skip

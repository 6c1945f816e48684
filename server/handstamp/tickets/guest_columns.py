"""Which column of another system's export means what: guesses by name, made to be corrected."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

FIELDS = (
    "name",
    "first_name",
    "last_name",
    "email",
    "buyer_name",
    "buyer_first_name",
    "buyer_last_name",
    "buyer_email",
    "tier",
    "variation",
    "order",
    "external_id",
    "quantity",
    "status",
    "note",
)

# Names as the exports of pretix, Eventbrite, Ticket Tailor, Hi.Events, Tito, Luma, Humanitix,
# Weezevent, Universe and alf.io write them, and plain ones in five languages; folded, the
# likeliest first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": (
        "attendee name", "ticket full name", "guest name", "holder name", "full name", "holder",
        "attendee", "guest", "participant name", "participant", "ticket holder", "ticket name",
        "name", "teilnehmername", "teilnehmer", "gast", "vollstandiger name", "nom complet",
        "participant nom", "nombre completo", "asistente", "nome completo", "naam",
    ),
    "first_name": (
        "attendee name given name", "attendee first name", "ticket first name", "guest first name",
        "first name", "firstname", "given name", "vorname", "prenom", "nombre", "nome", "voornaam",
    ),
    "last_name": (
        "attendee name family name", "attendee last name", "attendee surname", "ticket last name",
        "guest last name", "last name", "lastname", "surname", "family name", "nachname",
        "familienname", "nom", "nom de famille", "apellido", "apellidos", "cognome", "achternaam",
    ),
    "email": (
        "attendee email", "attendee e mail", "ticket email", "guest email", "holder email",
        "participant email", "email", "e mail", "email address", "e mail address", "mail",
        "e mail adresse", "courriel", "adresse email", "adresse e mail", "correo electronico",
        "correo", "indirizzo email", "posta elettronica",
    ),
    "buyer_name": (
        "buyer name", "invoice address name", "purchaser name", "customer name", "order name",
        "billing name", "booker name", "buyer", "kaufer", "acheteur", "comprador", "rechnungsname",
    ),
    "buyer_first_name": (
        "buyer first name", "invoice address name given name", "purchaser first name",
        "customer first name", "order first name", "billing first name",
    ),
    "buyer_last_name": (
        "buyer last name", "invoice address name family name", "purchaser last name",
        "customer last name", "order last name", "billing last name", "buyer surname",
    ),
    "buyer_email": (
        "buyer email", "order email", "purchaser email", "customer email", "contact email",
        "billing email", "email", "e mail",
    ),
    "tier": (
        "ticket type", "ticket type name", "ticket category", "category", "product", "product name",
        "ticket name", "ticket title", "tier", "ticket class", "pass", "ticket", "type", "produkt",
        "ticketart", "kategorie", "ticketkategorie", "tarif", "type de billet", "billet",
        "tipo de entrada", "entrada", "tipo di biglietto", "ticketsoort", "item",
    ),
    "variation": ("variation", "variant", "product variation", "option", "variante"),
    "order": (
        "order code", "order id", "order number", "order", "order no", "order reference",
        "order ref", "booking reference", "booking id", "booking number", "transaction id",
        "confirmation code", "bestellnummer", "bestellung", "bestellcode", "numero de commande",
        "commande", "pedido", "numero de pedido", "ordine", "order name",
    ),
    "external_id": (
        "ticket secret", "secret", "barcode", "barcode number", "barcode no", "ticket code",
        "ticket number", "ticket no", "ticket reference", "ticket ref", "reference",
        "attendee id", "attendee number", "attendee no", "attendee public id", "public id",
        "ticket id", "external id", "qr code", "qr code url", "pseudonymization id", "api id",
        "ticketnummer", "ticketcode", "code barre", "numero de billet", "numero de entrada",
        "code", "guid", "uuid", "id",
    ),
    "quantity": (
        "quantity", "qty", "ticket quantity", "number of tickets", "tickets", "places", "admits",
        "anzahl", "menge", "quantite", "cantidad", "quantita", "aantal",
    ),
    "status": (
        "attendee status", "ticket status", "status", "order status", "approval status",
        "payment status", "state", "void", "voided", "cancelled", "canceled", "statut", "estado",
    ),
    # No "comment" or "notes": those of other systems were not written for a steward's eyes.
    "note": ("note for the door", "door note", "note"),
}  # fmt: skip

_GONE = frozenset(
    (
        "cancelled", "canceled", "cancellation", "refunded", "refunded canceled", "fully refunded",
        "void", "voided", "invalid", "expired", "deleted", "declined", "rejected", "abandoned",
        "transferred", "not attending", "pending", "unpaid", "waitlist", "waitlisted", "invited",
        "awaiting payment", "failed", "yes", "true", "storniert", "erstattet", "abgelaufen",
        "ausstehend", "annule", "annulee", "rembourse", "remboursee", "cancelado", "cancelada",
        "reembolsado", "reembolsada", "disputed", "erased",
    )
)  # fmt: skip
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_LOOKED_AT = 200


def folded(text: str) -> str:
    """Lower-case letters and digits of a heading or a name, without accents or signs."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("#", " number "))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))


def known_heading(text: str) -> bool:
    """Tell whether a cell is a heading that some export uses."""
    name = folded(text)
    return any(name in names for names in _NAMES.values())


def looks_like_mail(text: str) -> bool:
    """Tell whether a cell has the form of an e-mail address."""
    return len(text) <= 254 and _MAIL.match(text) is not None


def means_gone(status: str) -> bool:
    """Tell whether a status says that this ticket must not let anybody in."""
    return folded(status) in _GONE


def guess(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Guess the column (from 0) of each field; fields that nothing fits are left out.

    `rows` helps where names do not: a column of addresses, a number that repeats and so is
    no ticket's own.
    """
    names = [folded(heading) for heading in headings]
    found: dict[str, int] = {}
    for field in FIELDS:
        column = _column(field, names, found, rows)
        if column is not None:
            found[field] = column
    if "first_name" in found and "last_name" in found and _bare_name(names, found):
        del found["name"]
    if "email" not in found and "buyer_email" not in found:
        column = _mail_column(rows, len(headings))
        if column is not None:
            found["email"] = column
    return found


def _column(
    field: str, names: Sequence[str], found: Mapping[str, int], rows: Sequence[Sequence[str]]
) -> int | None:
    taken = set(found.values())
    for name in _NAMES[field]:
        for column, heading in enumerate(names):
            if heading != name or column in taken:
                continue
            if field == "external_id" and not _own_numbers(rows, column):
                continue
            if field == "name" and name == "ticket name" and _is_tier(names, column):
                continue
            return column
    return None


def _is_tier(names: Sequence[str], column: int) -> bool:
    others = [name for at, name in enumerate(names) if at != column]
    return not any(name in _NAMES["tier"] for name in others)


def _bare_name(names: Sequence[str], found: Mapping[str, int]) -> bool:
    return "name" in found and names[found["name"]] == "name"


def _own_numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    values = [row[column] for row in rows if column < len(row) and row[column]]
    return bool(values) and len(set(values)) == len(values)


def _mail_column(rows: Sequence[Sequence[str]], width: int) -> int | None:
    looked_at = rows[:_LOOKED_AT]
    for column in range(width):
        cells = [row[column] for row in looked_at if column < len(row) and row[column]]
        if cells and sum(map(looks_like_mail, cells)) * 2 > len(cells):
            return column
    return None

"""What an account's state means: may it sell, and if not, why; what Stripe asks for. Pure."""

from dataclasses import dataclass

N_ = str  # marks text for the catalogues; it is translated where it is shown

STATUS_ORDER = ("pending", "failed", "succeeded")

# The first words of Stripe's names that fit decide; the rest of a name says for which person.
_REQUIREMENTS = (
    ("external_account", N_("A bank account for payouts")),
    ("tos_acceptance", N_("Agreement to Stripe's terms")),
    ("business_profile.url", N_("Your website, or what you sell in words")),
    ("business_profile.product_description", N_("Your website, or what you sell in words")),
    ("business_profile", N_("Details of the business")),
    ("business_type", N_("Whether you are a person, a company or a club")),
    ("company.verification", N_("A document that proves the company exists")),
    ("company", N_("Details of the company")),
    ("documents", N_("A document that Stripe asks for")),
    ("settings", N_("How payments show on bank statements")),
)
_PERSON = (
    ("verification.additional_document", N_("A second identity document")),
    ("verification", N_("An identity document")),
    ("dob", N_("A date of birth")),
    ("address", N_("A home address")),
    ("id_number", N_("An identity or tax number")),
    ("ssn_last_4", N_("An identity or tax number")),
    ("phone", N_("A phone number")),
    ("email", N_("An e-mail address")),
)
_PEOPLE = ("individual", "representative", "owners", "directors", "executives", "person_")


@dataclass(frozen=True)
class Standing:
    """What decides whether an account may sell."""

    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    disabled_reason: str
    deauthorized: bool


def state_of(account: Standing | None) -> str:
    """Return one word: none, disconnected, unfinished, rejected, review, asked, or ready."""
    if account is None:
        return "none"
    if account.deauthorized:
        return "disconnected"
    if account.charges_enabled:
        return "ready"
    if account.disabled_reason.startswith("rejected"):
        return "rejected"
    if not account.details_submitted:
        return "unfinished"
    waiting = ("under_review", "requirements.pending_verification")
    return "review" if account.disabled_reason in waiting else "asked"


def why_not_selling(account: Standing | None) -> str:
    """Return why an organizer cannot be paid yet, in plain words; '' when it can."""
    return _REASONS[state_of(account)]


_REASONS = {
    "none": N_("No account for payments is connected yet. Connect one to sell tickets."),
    "disconnected": N_(
        "The account for payments was disconnected at Stripe. Connect it again to sell tickets."
    ),
    "unfinished": N_("The account for payments is not finished. Continue where you left off."),
    "rejected": N_("Stripe has closed this account for payments. Please ask Stripe why."),
    "review": N_("Stripe is checking what you sent. That can take a few days."),
    "asked": N_("Stripe needs more from you before you can sell. Continue to see what."),
    "ready": "",
}


def requirement_words(name: str) -> str:
    """Say what Stripe asks for under one of its names, such as `individual.dob.day`."""
    first, _, rest = name.partition(".")
    if first.startswith(_PEOPLE):
        return next((words for start, words in _PERSON if rest.startswith(start)), _SOMEBODY)
    return next((words for start, words in _REQUIREMENTS if name.startswith(start)), _SOMETHING)


_SOMEBODY = N_("Details of the person responsible")
_SOMETHING = N_("Something that Stripe explains on its page")


def later_status(now: str, told: str) -> str:
    """Return a payment's status after `told`: it never leaves "succeeded" again."""
    return told if STATUS_ORDER.index(told) >= STATUS_ORDER.index(now) else now


def payment_status(stripe_status: str, error_code: str) -> str:
    """Return our word for a PaymentIntent's state: a declined one may still succeed."""
    if stripe_status == "succeeded":
        return "succeeded"
    if stripe_status == "canceled" or error_code:
        return "failed"
    return "pending"

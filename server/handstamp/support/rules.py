"""What somebody who helps may look for, and which of their words is what; pure."""

from typing import NamedTuple

SHORTEST = 2  # letters; one letter alone would find everything
LONGEST = 200
PER_KIND = 20
MOST_MOMENTS = 400
_STRIPE = ("pi_", "ch_", "py_", "re_", "cs_", "dp_", "du_")


class Wanted(NamedTuple):
    """What was typed: `words` as they are, and what they are beside that, else ''.

    `email`: a whole address in lower case. `stripe_id`: an id of Stripe's.
    """

    words: str
    email: str = ""
    stripe_id: str = ""


def read_words(typed: str) -> Wanted | None:
    """Return what was typed into the one field; None when it is too little to look for."""
    words = " ".join(typed.replace("\0", " ").split())[:LONGEST]
    if len(words) < SHORTEST:
        return None
    name, at, site = words.partition("@")
    if at and name and "." in site and " " not in words:
        return Wanted(words, email=words.lower())
    if words.startswith(_STRIPE):
        return Wanted(words, stripe_id=words)
    return Wanted(words)

"""What members are told of a pre-order: its page, its window, its words, seed 1's sentence."""

from typing import NamedTuple

from handstamp.clubs import rules as clubs
from handstamp.clubs.models import Club
from handstamp.kit.clock import Millis
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import SOURCE, _, format_language
from handstamp.preorders import rules
from handstamp.preorders.models import PreOrder


class Told(NamedTuple):
    """A status in words: both seeds' ('' where they have none), what is shown, and a hint."""

    seed_1: str
    seed_2: str
    shown: str
    hint: str


def page_of(settings: Settings, preorder_id: str) -> str:
    """Return the address of a member's page of a pre-order."""
    return f"{settings.public_url}/tickets/me/pre-orders/{preorder_id}"


def words_of(status: str) -> Told:
    """Return the words of a status in the reader's language."""
    return Told(*(_(word) if word else "" for word in rules.WORDS[status]))


def sentence_of(club: Club) -> str:
    """Return what a member reads after placing, with the club's time: seed 1's sentence."""
    return _(rules.RECEIVED) % {
        "time": _spoken_time(club.charge_at),
        "weekday": _(rules.WEEKDAYS[club.charge_weekday]),
    }


def _spoken_time(at: str) -> str:
    return rules.spoken_time(at) if format_language() == SOURCE else at


def window_of(club: Club, preorder: PreOrder) -> clubs.Window:
    """Return when a pre-order could be placed, changed and cancelled."""
    return clubs.window_of(preorder.week, club.time_zone)


def charge_time_of(club: Club, preorder: PreOrder) -> Millis:
    """Return when a pre-order is charged, if it is."""
    return clubs.charge_time(preorder.week, club.time_zone, club.charge_weekday, club.charge_at)

"""Vectors of verdicts; what is right is written here by hand, not computed."""

from typing import Any

from shared.tools.token_vectors import Vector

NOW = 1_000_000
REF = [11, 1, 7]
OTHER = [12, 5, 8]
LIST = {"list": 1, "rev": 1, "rules": {"name": "Door", "tiers": [{"tier": 1}], "entry": "single"}}
TOKEN = {"check": "ok", "event": 5, "serial": 99, "tier": 1, "epoch": 2}
EVENT = {"number": 5, "unknown_policy": "accept_and_flag", "unknown_max_age_s": 60}
TICKET = {"tier": 1, "status": 0, "epoch": 2}


def base(**over: Any) -> Vector:
    """A valid ticket on list 1, with members replaced."""
    given = {"token": TOKEN, "event": EVENT, "ticket": TICKET, "list": LIST, "state": None}
    return {**given, "now": NOW, "list_age_s": 60, **over}


def token(**over: Any) -> Vector:
    """The token with members replaced."""
    return {**TOKEN, **over}


def ticket(**over: Any) -> Vector:
    """The listed ticket with members replaced."""
    return {**TICKET, **over}


def unread(check: str) -> Vector:
    """A text that gave no token."""
    return {"check": check, "event": 0, "serial": 0, "tier": 0, "epoch": 0}


def policy(name: str) -> Vector:
    """The event under another policy for unknown tickets."""
    return {**EVENT, "unknown_policy": name}


def entry(*windows: tuple[int | None, int | None]) -> Vector:
    """List 1 with these windows for tier 1."""
    tiers = [{"tier": 1, "from": begin, "until": end} for begin, end in windows]
    return {**LIST, "rules": {**LIST["rules"], "tiers": tiers}}  # type: ignore[dict-item]


REF_LISTS = (
    "greens", "losers", "old", "unproven", "exits", "overrides", "undone", "undos", "refused",
    "void", "pending",
)  # fmt: skip


def state(epoch: int = 2, number: str = "1", **over: Any) -> Vector:
    """A state with one list; a winner stands in its one turn."""
    winner, entries = over.get("winner"), max(1, len(over.get("greens", [])))
    turns = [{"at": NOW - 9, "entries": entries, "by": winner, "left": False}] if winner else []
    empty: Vector = {
        "winner": None,
        **{name: [] for name in REF_LISTS},
        "conflict": "",
        "inside": winner is not None,
        "entries": entries if winner else 0,
        "turns": turns,
    }
    return {"epoch": epoch, "lists": {number: {**empty, **over}}}


def out(verdict: str, admit: bool = False, flags: tuple[str, ...] = (), **more: Any) -> Vector:
    """What must come out."""
    window = more.get("window")
    return {
        "verdict": verdict,
        "admit": admit,
        "flags": [*flags],
        "used": more.get("used"),
        "window": None if window is None else {"from": window[0], "until": window[1]},
    }


USED = state(winner=REF, greens=[REF])
OLD = state(old=[OTHER], conflict="superseded")
VALID = out("valid", True)
NO_LIST = {**LIST, "rules": {"name": "VIP", "tiers": [{"tier": 9}], "entry": "single"}}
UNKNOWN = {"ticket": None}
FLAGGED = out("unknown", True, ("by_policy", "flagged"))
EARLY = entry((NOW + 1, None))
LATE = entry((None, NOW))
search = {**unread("search"), "event": 5, "serial": 99}
foreign = {**unread("foreign"), "event": 5, "serial": 99}

# name: (clause, members that differ from a valid ticket, what is right)
CASES: dict[str, tuple[str, Vector, Vector]] = {
    "valid": ("R26", {}, VALID),
    "valid beside another list's facts": ("R29", {"state": state(number="2", winner=REF)}, VALID),
    "not a ticket": ("R26", {"token": unread("not_a_ticket")}, out("not_a_ticket")),
    "newer version": ("R26", {"token": unread("newer")}, out("list_too_old")),
    "unknown key": ("R26", {"token": token(check="unknown_key")}, out("list_too_old")),
    "forged": ("R26", {"token": token(check="forged")}, out("forged")),
    "forged, of another event": ("R26", {"token": token(check="forged", event=6)}, out("forged")),
    "another event": ("R26", {"token": token(event=6)}, out("wrong_event")),
    "another event's serial is ours too": (
        "R26",
        {"token": token(event=6), "ticket": ticket(status=1)},
        out("wrong_event"),
    ),
    "compromised key, listed": ("R7", {"token": token(compromised=True)}, VALID),
    "compromised key, not listed": (
        "R7",
        {"token": token(compromised=True), **UNKNOWN},
        out("forged"),
    ),
    "compromised key, greater epoch": (
        "R7",
        {"token": token(compromised=True, epoch=3)},
        out("forged"),
    ),
    "compromised key, lesser epoch": (
        "R7",
        {"token": token(compromised=True, epoch=1)},
        out("forged"),
    ),
    "compromised key, epoch known from facts alone": (
        "R7",
        {"token": token(compromised=True, epoch=3), "state": state(epoch=3)},
        out("forged"),
    ),
    "superseded": ("R26", {"token": token(epoch=1)}, out("superseded")),
    "superseded and refunded": (
        "R26",
        {"token": token(epoch=1), "ticket": ticket(status=1)},
        out("superseded"),
    ),
    "superseded by a fact": ("R20", {"state": state(epoch=3)}, out("superseded")),
    "not listed and superseded by a fact": (
        "R26",
        {**UNKNOWN, "state": state(epoch=3, winner=REF, greens=[REF])},
        out("superseded"),
    ),
    "refunded": ("R26", {"ticket": ticket(status=1)}, out("refunded")),
    "refunded and used": ("R26", {"ticket": ticket(status=1), "state": USED}, out("refunded")),
    "cancelled": ("R26", {"ticket": ticket(status=2)}, out("cancelled")),
    "cancelled, wrong list": (
        "R26",
        {"ticket": ticket(status=2), "list": NO_LIST},
        out("cancelled"),
    ),
    "disputed": ("R26", {"ticket": ticket(status=3)}, out("disputed")),
    "a status of a newer side": ("R30", {"ticket": ticket(status=4)}, out("cancelled")),
    "the greatest status": ("R30", {"ticket": ticket(status=255)}, out("cancelled")),
    "wrong list": ("R26", {"list": NO_LIST}, out("wrong_list")),
    "wrong list and used": ("R26", {"list": NO_LIST, "state": USED}, out("wrong_list")),
    "tier of the row, not of the token": ("R26", {"token": token(tier=9)}, VALID),
    "moved to another tier": ("R26", {"ticket": ticket(tier=9)}, out("wrong_list")),
    "too early": ("R28", {"list": EARLY}, out("too_early", window=(NOW + 1, None))),
    "first moment": ("R28", {"list": entry((NOW, NOW + 1))}, VALID),
    "last moment": ("R28", {"list": entry((None, NOW + 1))}, VALID),
    "too late": ("R28", {"list": LATE}, out("too_late", window=(None, NOW))),
    "too early and used": (
        "R26",
        {"list": EARLY, "state": USED},
        out("too_early", window=(NOW + 1, None)),
    ),
    "second of two windows": ("R28", {"list": entry((0, 10), (NOW, None))}, VALID),
    "between windows": (
        "R28",
        {"list": entry((NOW + 9, NOW + 10), (0, 10), (NOW + 5, NOW + 6))},
        out("too_early", window=(NOW + 5, NOW + 6)),
    ),
    "after all windows": (
        "R28",
        {"list": entry((0, 10), (20, 30), (11, 12))},
        out("too_late", window=(20, 30)),
    ),
    "an empty window": ("R28", {"list": entry((NOW, NOW))}, out("too_late", window=(NOW, NOW))),
    "already used": ("R29", {"state": USED}, out("already_used", used=REF)),
    "already used, two greens": (
        "R29",
        {"state": state(winner=OTHER, greens=[REF, OTHER], losers=[REF], conflict="double")},
        out("already_used", used=OTHER),
    ),
    "already used, with an old admit": (
        "R29",
        {"state": state(winner=REF, greens=[REF], old=[OTHER], conflict="superseded")},
        out("already_used", used=REF),
    ),
    "old code was admitted": ("R29", {"state": OLD}, out("valid", True, ("old_code_admitted",))),
    "only pending facts": ("R21", {"state": state(pending=[REF])}, VALID),
    "not listed": ("R27", UNKNOWN, FLAGGED),
    "not listed, accept": (
        "R27",
        {**UNKNOWN, "event": policy("accept")},
        out("unknown", True, ("by_policy",)),
    ),
    "not listed, hold": ("R27", {**UNKNOWN, "event": policy("hold")}, out("unknown")),
    "not listed, a policy not known": (
        "R27",
        {**UNKNOWN, "event": policy("ask_a_friend")},
        out("unknown"),
    ),
    "not listed, list one second too old": (
        "R27",
        {**UNKNOWN, "list_age_s": 61},
        out("list_too_old"),
    ),
    "not listed, accept, list too old": (
        "R27",
        {**UNKNOWN, "list_age_s": 61, "event": policy("accept")},
        out("list_too_old"),
    ),
    "not listed, hold, list too old": (
        "R27",
        {**UNKNOWN, "list_age_s": 61, "event": policy("hold")},
        out("unknown"),
    ),
    "listed, list very old": ("R27", {"list_age_s": 10**9}, VALID),
    "not listed, wrong list": (
        "R27",
        {**UNKNOWN, "token": token(tier=9), "list_age_s": 61},
        out("wrong_list"),
    ),
    "not listed, too early": (
        "R27",
        {**UNKNOWN, "list": EARLY},
        out("too_early", window=(NOW + 1, None)),
    ),
    "not listed, too late": (
        "R27",
        {**UNKNOWN, "list": LATE},
        out("too_late", window=(None, NOW)),
    ),
    "not listed and used": ("R27", {**UNKNOWN, "state": USED}, out("already_used", used=REF)),
    "not listed, old code was admitted": (
        "R29",
        {**UNKNOWN, "state": OLD},
        out("unknown", True, ("by_policy", "flagged", "old_code_admitted")),
    ),
    "greater epoch": ("R27", {"token": token(epoch=3)}, FLAGGED),
    "greater epoch, tier of the token": (
        "R27",
        {"token": token(epoch=3, tier=9)},
        out("wrong_list"),
    ),
    "greater epoch of a refunded ticket": (
        "R27",
        {"token": token(epoch=3), "ticket": ticket(status=1)},
        FLAGGED,
    ),
    "greater epoch, the lesser was admitted": (
        "R29",
        {"token": token(epoch=3), "state": USED},
        out("unknown", True, ("by_policy", "flagged", "old_code_admitted")),
    ),
    "greater epoch, list too old": (
        "R27",
        {"token": token(epoch=3), "list_age_s": 61, "state": USED},
        out("list_too_old", False, ("old_code_admitted",)),
    ),
    "epoch known from facts alone is not greater": (
        "R27",
        {"token": token(epoch=3), "state": state(epoch=3, number="2", winner=REF, greens=[REF])},
        VALID,
    ),
    "picked from a search": ("R26", {"token": search}, VALID),
    "picked, not listed": ("R26", {"token": search, **UNKNOWN}, out("not_a_ticket")),
    "picked, used": ("R26", {"token": search, "state": USED}, out("already_used", used=REF)),
    "picked, refunded": ("R26", {"token": search, "ticket": ticket(status=1)}, out("refunded")),
    "picked, facts of a greater epoch": (
        "R26",
        {"token": search, "state": state(epoch=3, winner=REF, greens=[REF])},
        out("already_used", used=REF),
    ),
    "found by its code": ("R48", {"token": foreign}, VALID),
    "found by its code, not listed": ("R48", {"token": foreign, **UNKNOWN}, out("not_a_ticket")),
    "found by its code, used": (
        "R48",
        {"token": foreign, "state": USED},
        out("already_used", used=REF),
    ),
    "found by its code, refunded": (
        "R48",
        {"token": foreign, "ticket": ticket(status=1)},
        out("refunded"),
    ),
    "found by its code, of a later epoch": (
        "R48",
        {"token": foreign, "ticket": ticket(epoch=7)},
        VALID,
    ),
    "found by its code, an old token was admitted": (
        "R29",
        {"token": foreign, "state": OLD},
        out("valid", True, ("old_code_admitted",)),
    ),
    "found by its code, another entrance": (
        "R48",
        {"token": foreign, "list": NO_LIST},
        out("wrong_list"),
    ),
    "found by its code, too early": (
        "R48",
        {"token": foreign, "list": EARLY},
        out("too_early", window=(NOW + 1, None)),
    ),
    **{
        f"a code that nobody has, {name}": (
            "R48",
            {"token": unread("unlisted"), **UNKNOWN, "event": policy(name)},
            out("unknown", False, ("unlisted_code",)),
        )
        for name in ("accept", "accept_and_flag", "hold")
    },
}


def files() -> dict[str, Vector]:
    """Every file of vectors/verdict."""
    vectors = [
        {"name": name, "clause": clause, "input": base(**over), "output": right}
        for name, (clause, over, right) in CASES.items()
    ]
    codes = {name: code for code, name in enumerate(_NAMES, 1)}
    return {
        "verdict/decide.json": {
            "title": "What is shown for a token, a ticket, a list and a state",
            "clauses": ["R7", "R20", "R21", "R26", "R27", "R28", "R29", "R30", "R48"],
            "vectors": vectors,
        },
        "verdict/codes.json": {
            "title": "Verdicts as numbers, and flags as bits",
            "clauses": ["R12", "R30"],
            "vectors": [
                *({"name": name, "code": code} for name, code in codes.items()),
                {"name": "no flags", "flags": [], "bits": 0},
                {"name": "flagged", "flags": ["by_policy", "flagged"], "bits": 3},
                {"name": "accepted", "flags": ["by_policy"], "bits": 2},
                {"name": "old code", "flags": ["old_code_admitted"], "bits": 1},
                {"name": "a code nobody has", "flags": ["unlisted_code"], "bits": 0},
                {"name": "more than there is room for", "flags": ["over_capacity"], "bits": 0},
                {"name": "of a newer side", "flags": ["later"], "bits": 0},
            ],
        },
    }


_NAMES = [
    "valid", "already_used", "refunded", "cancelled", "superseded", "disputed", "wrong_event",
    "wrong_list", "too_early", "too_late", "list_too_old", "unknown", "forged", "not_a_ticket",
    "not_inside",
]  # fmt: skip

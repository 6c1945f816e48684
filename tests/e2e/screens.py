"""Every screen of the door app by name, each a function that brings a page to it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page
from tests.e2e.stage import Stage

Opens = Callable[..., Page]

ROWS = """[
  {serial: 1, name: 'Zoë Ångström', email: 'zo…@example.org', order: 'ORD-1001', tier: 'General',
   printedId: 'MGY-WB-20261121-7K3M9QXA-T', status: 'valid', admitted: false, inside: false},
  {serial: 2, name: 'زينب الأندلسي', email: '', order: 'ORD-1002', tier: 'VIP',
   printedId: 'MGY-WB-20261121-7K3M9QXB-T', status: 'valid', admitted: true,
   inside: true},
  {serial: 3, name: 'Zoltán Szabó-Kovács the Third of Somewhere', email: 'zo…@example.org',
   order: 'ORD-1003', tier: 'General', printedId: 'MGY-WB-20261121-7K3M9QXC-T',
   status: 'refunded', admitted: false, inside: false}]"""

ENTRIES = """[
  {number: 3, at: fake.NIGHT, kind: 'admit', verdict: 'valid', admit: true, how: 'scan',
   name: 'Zoë Ångström', tier: 'General', list: 1, operator: 'Ana', count: 1, sent: false},
  {number: 2, at: fake.NIGHT - 60000, kind: 'deny', verdict: 'already_used', admit: false,
   how: 'scan', name: '山田 太郎', tier: 'VIP', list: 1, operator: 'Ana', count: 3, sent: false},
  {number: 1, at: fake.NIGHT - 90000, kind: 'admit', verdict: 'unknown', admit: true, how: 'search',
   name: 'زينب الأندلسي', tier: 'VIP', list: 1, operator: 'Ana', count: 1, sent: true}]"""

USED = """{verdict: 'already_used', admit: false, name: '山田 太郎', tier: 'VIP',
  used: {at: fake.NIGHT - 720000, device: 2, deviceName: 'Phone 7', gate: 'South gate', list: 1,
         listName: 'Main door', here: false}}"""

PARTY = """[
  {serial: 1, name: 'Zoë Ångström', tier: 'General', printedId: 'MGY-1', verdict: 'valid',
   admit: true, look: null},
  {serial: 2, name: 'زينب الأندلسي', tier: 'VIP', printedId: 'MGY-2', verdict: 'already_used',
   admit: false, look: null},
  {serial: 3, name: 'Zoltán Szabó-Kovács the Third of Somewhere', tier: 'General',
   printedId: 'MGY-3', verdict: 'valid', admit: true, look: {kinds: ['age'], texts: ['Wristband']}}
  ]"""

ALL_ACTIONS = (
    "{undoUntil: Date.now() + 272000, undoBySupervisor: false, override: true, leave: true,"
    " party: 3}"
)

LIGHTS = {
    "valid": "{}",
    "old_code": "{flags: ['old_code_admitted']}",
    "already_used": USED,
    "refunded": "{verdict: 'refunded', admit: false}",
    "cancelled": "{verdict: 'cancelled', admit: false}",
    "superseded": "{verdict: 'superseded', admit: false}",
    "disputed": "{verdict: 'disputed', admit: false}",
    "wrong_event": "{verdict: 'wrong_event', admit: false, name: '', switchTo: '00000000000b'}",
    "wrong_list": "{verdict: 'wrong_list', admit: false}",
    "too_early": (
        "{verdict: 'too_early', admit: false, window: {from: fake.NIGHT + 3600000, until: null}}"
    ),
    "too_late": (
        "{verdict: 'too_late', admit: false, window: {from: null, until: fake.NIGHT - 3600000}}"
    ),
    "list_too_old": "{verdict: 'list_too_old', admit: false, name: ''}",
    "unknown_held": "{verdict: 'unknown', admit: false, name: ''}",
    "unknown_let_in": "{verdict: 'unknown', admit: true, flags: ['flagged'], name: ''}",
    "forged": "{verdict: 'forged', admit: false, name: ''}",
    "not_a_ticket": "{verdict: 'not_a_ticket', admit: false, name: '', tier: '', printedId: ''}",
    "not_inside": "{verdict: 'not_inside', admit: false, leaving: true}",
    "look": (
        "{kind: 'look', admit: false, factNumber: null,"
        " look: {kinds: ['age', 'photo'], texts: ['Guests of the press: give them the blue band']}}"
    ),
    "turned_away": "{kind: 'deny', verdict: 'valid', admit: false}",
    "exit": "{kind: 'exit', leaving: true}",
    "undone": "{kind: 'undo', admit: false}",
    "override": "{kind: 'override', verdict: 'refunded'}",
    "over_capacity": "{flags: ['over_capacity']}",
    "elsewhere": (
        "{verdict: 'already_used', admit: false,"
        " elsewhere: {device: 'Phone 7', gate: 'South gate', since: fake.NIGHT - 20000}}"
    ),
    "party_undone": (
        f"{{kind: 'undo', admit: false, name: '', printedId: '', tier: '', party: {PARTY}"
        ".filter((one) => one.admit)}"
    ),
    "party": f"{{kind: 'party', name: '', printedId: '', tier: '', party: {PARTY}}}",
}

# They differ from another light by a word.
ALIKE = ("turned_away", "override", "over_capacity", "party_undone")


def tap(page: Page, selector: str) -> None:
    """Tap the first of what `selector` finds."""
    page.locator(selector).first.click()


def tab(page: Page, name: str) -> None:
    """Go to one of the four tabs, whatever language their words are in."""
    page.locator(f".tab:has(.icon-{name})").click()


def set_status(page: Page, status: str) -> None:
    """Change what the door says of itself."""
    page.evaluate(f"fake.app.door.set({status})")


def light(page: Page, words: str) -> None:
    """Let the door decide."""
    page.evaluate(f"fake.app.door.light({words})")


def until(page: Page, condition: str) -> None:
    """Wait until an expression holds in the page; its policy forbids the usual way (eval)."""
    page.evaluate(
        f"""async () => {{
            const end = performance.now() + 20000;
            while (!({condition})) {{
                if (performance.now() > end) throw new Error('never');
                await new Promise((done) => setTimeout(done, 10));
            }}
        }}"""
    )


def _start(stage: Stage, **to: Any) -> Page:
    return stage.open(**to)


def _link(stage: Stage, **to: Any) -> Page:
    return stage.open(pair="ABCD-EFGH", **to)


def _not_paired(stage: Stage, **to: Any) -> Page:
    page = _link(stage, **to)
    page.evaluate("fake.app.refusal = 'This code was used already.'")
    tap(page, "form button[type=submit]")
    page.wait_for_selector(".trouble p")
    return page


def _pair_camera(stage: Stage, **to: Any) -> Page:
    page = stage.open(**to)
    tap(page, ".foot .button.primary")
    page.wait_for_selector(".pair-camera")
    return page


def _install(stage: Stage, **to: Any) -> Page:
    page = stage.open(**to)
    tap(page, ".start-ways .button")
    for way in page.locator("details:not([open]) summary").all()[::-1]:
        way.click()
    return page


def _pairings(stage: Stage, **to: Any) -> Page:
    return stage.open(known="00000000000a,00000000000b", **to)


def _no_pairings(stage: Stage, **to: Any) -> Page:
    page = _pairings(stage, **to)
    page.evaluate("fake.app.known = []")
    tap(page, ".foot .button")
    page.evaluate("fake.app.known = ['00000000000a']")
    page.evaluate("fake.app.pairings = async () => []")
    tap(page, ".start-ways .button:last-child")
    return page


def _shift(stage: Stage, **to: Any) -> Page:
    return stage.open(known="00000000000a", **to)


def _scan(stage: Stage, **to: Any) -> Page:
    return stage.door(**to)


def _offline(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    set_status(page, "{online: false, pending: 14, listAgeS: 5400}")
    light(page, USED)
    page.keyboard.press("Escape")
    return page


def _notices(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    page.evaluate("fake.app.offer()")
    return page


def _type_code(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    tap(page, ".scan-tools .round:last-child")
    return page


def _camera(state: str) -> Opens:
    return lambda stage, **to: stage.door(camera=state, **to)


def _light(words: str) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = stage.door(**to)
        light(page, words)
        return page

    return opens


def _search(query: str, *, admit: bool = False) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = stage.door(**to)
        page.evaluate(f"fake.app.door.rows = {ROWS}")
        tab(page, "search")
        page.fill("#search-input", query)
        if query == "nobody":
            page.evaluate("fake.app.door.rows = []")
            page.locator("#search-input").press("Enter")
        if admit:
            tap(page, ".row.found")
        return page

    return opens


def _log(entries: str) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = stage.door(**to)
        page.evaluate(f"fake.app.door.entries = {entries}")
        set_status(page, "{online: false, pending: 2, listAgeS: 700}")
        tab(page, "log")
        page.wait_for_selector(".log-screen .rows, .log-screen .empty")
        return page

    return opens


def _settings(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    set_status(page, "{persisted: false, clockSkewMs: 900000, lastError: 'The list is closed.'}")
    tab(page, "settings")
    return page


def _leave(pending: int) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = stage.door(**to)
        set_status(page, f"{{pending: {pending}}}")
        tab(page, "settings")
        tap(page, ".button.danger")
        page.wait_for_selector("dialog[open]")
        return page

    return opens


def _last(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    page.evaluate(f"fake.app.door.decisions.allow = {ALL_ACTIONS}")
    light(page, USED)
    page.keyboard.press("Escape")
    page.wait_for_selector(".chip")
    return page


def _chip(name: str) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = _last(stage, **to)
        page.evaluate(f"fake.app.door.decisions.members = {PARTY}")
        tap(page, f".chip:has(.icon-{name})")
        page.wait_for_selector("dialog[open]")
        return page

    return opens


def _actions_of_a_guest(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    page.evaluate(f"fake.app.door.decisions.allow = {ALL_ACTIONS}")
    page.evaluate(f"fake.app.door.rows = {ROWS}")
    tab(page, "search")
    page.fill("#search-input", "zoe")
    page.locator(".row.found").nth(1).click()
    page.wait_for_selector("dialog[open]")
    return page


def _cloakroom(stage: Stage, **to: Any) -> Page:
    page = stage.open(known="00000000000a", **to)
    page.locator(".choice-row").nth(1).click()
    return page


def _exiting(stage: Stage, **to: Any) -> Page:
    page = _cloakroom(stage, **to)
    page.evaluate("fake.app.door.inside = {n: 400, capacity: 400, asOf: fake.NIGHT, unheard: 2}")
    tap(page, ".shift-screen form button[type=submit]")
    tap(page, ".mode-switch")
    page.wait_for_selector(".exiting")
    return page


def _drill(stage: Stage, **to: Any) -> Page:
    page = stage.door(**to)
    tab(page, "settings")
    tap(page, ".button:has(.icon-drill)")
    page.wait_for_selector(".drill-row")
    return page


def _locked(stage: Stage, **to: Any) -> Page:
    page = stage.open(known="00000000000a", **to)
    page.locator("input").last.fill("Ana")
    tap(page, ".shift-screen form button[type=submit]")
    tab(page, "settings")
    tap(page, ".button:has(.icon-lock)")
    page.wait_for_selector(".lock-screen")
    return page


def _ended(status: str) -> Opens:
    def opens(stage: Stage, **to: Any) -> Page:
        page = stage.door(**to)
        set_status(page, status)
        page.wait_for_selector(".ended-screen")
        return page

    return opens


SCREENS: dict[str, Opens] = {
    "start": _start,
    "pairing link": _link,
    "not paired": _not_paired,
    "pairing by camera": _pair_camera,
    "install": _install,
    "events": _pairings,
    "no events": _no_pairings,
    "shift": _shift,
    "scan": _scan,
    "offline": _offline,
    "update": _notices,
    "type a code": _type_code,
    **{f"camera {state}": _camera(state) for state in ("starting", "blocked", "none", "busy")},
    **{f"camera {state}": _camera(state) for state in ("insecure", "interrupted")},
    **{f"verdict {name}": _light(words) for name, words in LIGHTS.items() if name not in ALIKE},
    "search": _search(""),
    "search too short": _search("zo"),
    "search found": _search("zoe"),
    "search nearly": _search("fuzzy"),
    "search nobody": _search("nobody"),
    "admit": _search("zoe", admit=True),
    "log": _log(ENTRIES),
    "log empty": _log("[]"),
    "settings": _settings,
    "leave too early": _leave(3),
    "leave": _leave(0),
    "last verdict": _last,
    "admit anyway": _chip("supervisor"),
    "undo": _chip("undo"),
    "party": _chip("party"),
    "a guest's actions": _actions_of_a_guest,
    "cloakroom shift": _cloakroom,
    "exit": _exiting,
    "drill": _drill,
    "locked": _locked,
    "take over": _ended("{holdsLock: false}"),
    "revoked": _ended("{standing: 'revoked', pending: 5}"),
    "gone": _ended("{standing: 'gone'}"),
    "repair": _ended("{standing: 'repair'}"),
}

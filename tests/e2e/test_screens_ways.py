"""The ways through the app: pair, shift, search, log, settings, updates, endings."""

import pytest
from playwright.sync_api import expect
from tests.e2e.screens import ROWS, light, set_status, tab
from tests.e2e.stage import Stage, screens_address, screens_browser, stage

__all__ = ["screens_address", "screens_browser", "stage"]


def test_a_link_pairs_and_leaves_the_address(stage: Stage) -> None:
    page = stage.open(pair="ABCD-EFGH")
    expect(page.get_by_label("Pairing code")).to_have_value("ABCD-EFGH")
    page.get_by_role("button", name="Pair this phone").click()
    expect(page.get_by_role("button", name="Start scanning")).to_be_visible()
    assert page.evaluate("fake.app.asked") == ["ABCD-EFGH"]
    assert page.url.endswith("?p=00000000000a")


def test_a_refused_code_says_why_and_stays(stage: Stage) -> None:
    page = stage.open()
    page.evaluate("fake.app.refusal = 'This code was used already.'")
    page.get_by_label("Pairing code").fill("WRONG")
    page.get_by_role("button", name="Pair", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This code was used already.")
    expect(page.get_by_label("Pairing code")).to_have_value("WRONG")
    expect(page.get_by_role("button", name="Pair", exact=True)).to_be_enabled()


def test_the_camera_reads_a_pairing_code_and_passes_over_others(stage: Stage) -> None:
    page = stage.open()
    page.get_by_role("button", name="Scan pairing code").click()
    page.evaluate("fake.app.scanner.reader.scanText('https://example.org/menu')")
    expect(page.get_by_role("status")).to_contain_text("not a pairing code")
    page.evaluate(
        "fake.app.scanner.reader.scanText(location.origin + '/tickets/checkin/?pair=QRQR')"
    )
    expect(page.get_by_role("button", name="Start scanning")).to_be_visible()


def test_a_shift_keeps_list_gate_and_name_and_is_not_asked_again(stage: Stage) -> None:
    page = stage.open(known="00000000000a")
    page.get_by_label("Gate").fill("South")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator(".status-strip")).to_contain_text("Main door · South")
    assert page.evaluate("fake.app.door.operator") == "Ana"
    tab(page, "settings")
    page.get_by_role("button", name="New shift").click()
    expect(page.get_by_label("Your name")).to_have_value("Ana")


def test_a_list_that_arrives_late_appears_in_the_shift(stage: Stage) -> None:
    page = stage.open(known="00000000000a,00000000000b")
    page.evaluate(
        "fake.app.open('00000000000a').then((door) => {"
        " window.kept = door.lists; door.lists = []; })"
    )
    page.get_by_role("button", name="Midnight Garden").first.click()
    expect(page.get_by_text("on its way to this phone")).to_be_visible()
    page.evaluate("fake.app.door.lists = window.kept; fake.app.door.set({})")
    expect(page.get_by_role("radio", name="Main door")).to_be_checked()


def test_a_guest_is_admitted_by_hand_only_after_a_question(stage: Stage) -> None:
    page = stage.door()
    page.evaluate(f"fake.app.door.rows = {ROWS}")
    tab(page, "search")
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("searchbox").fill("zo")
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("searchbox").fill("zoe")
    page.get_by_role("button", name="Zoë Ångström").click()
    expect(page.get_by_role("dialog")).to_contain_text("ORD-1001")
    page.get_by_role("button", name="Back").click()
    assert page.evaluate("fake.app.door.admitted") == []
    page.get_by_role("button", name="Zoë Ångström").click()
    page.get_by_role("button", name="Admit").click()
    expect(page.locator(".verdict-word")).to_have_text("Valid")
    assert page.evaluate("fake.app.door.admitted") == [1]


def test_a_typed_code_is_decided(stage: Stage) -> None:
    page = stage.door()
    page.get_by_role("button", name="Type a code").click()
    page.get_by_label("Ticket code").fill("HS0123")
    page.get_by_label("Ticket code").press("Enter")
    expect(page.locator(".verdict-word")).to_have_text("Not a ticket")
    assert page.evaluate("fake.app.door.typed") == [["HS0123", "wedge"]]


def test_a_decision_that_could_not_be_made_says_why(stage: Stage) -> None:
    page = stage.door()
    page.evaluate(
        "() => { fake.app.door.scanText = async () => {"
        " throw Object.assign(new Error('x'), {name: 'NotScanning', reason: 'no_list'}); }; }"
    )
    page.get_by_role("button", name="Type a code").click()
    page.get_by_label("Ticket code").fill("HS0123")
    page.get_by_label("Ticket code").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("not on this phone yet")


def test_back_goes_to_the_camera_and_search_pauses_it(stage: Stage) -> None:
    page = stage.door()
    page.evaluate("fake.app.scanner.pause = () => { window.paused = true; }")
    tab(page, "search")
    assert page.evaluate("window.paused") is True
    starts = page.evaluate("fake.app.scanner.starts")
    page.go_back()
    expect(page.locator(".tab[aria-current]")).to_have_text("Scan")
    assert page.evaluate("fake.app.scanner.starts") == starts + 1


def test_offline_is_calm_and_counts_what_waits(stage: Stage) -> None:
    page = stage.door()
    set_status(page, "{online: false, pending: 14, listAgeS: 5400}")
    strip = page.locator(".status-strip")
    expect(strip).to_contain_text("Offline · 14 wait")
    expect(strip).to_contain_text("List 1 hour old")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_log_says_of_each_entry_whether_the_server_has_it(stage: Stage) -> None:
    page = stage.door()
    page.evaluate(
        "fake.app.door.entries = [{number: 2, at: fake.NIGHT, verdict: 'forged', admit: false,"
        " how: 'scan', name: '', tier: '', list: 1, operator: 'Ana', count: 4, sent: false},"
        " {number: 1, at: fake.NIGHT, verdict: 'valid', admit: true, how: 'search',"
        " name: 'Bo', tier: '', list: 1, operator: 'Ana', count: 1, sent: true}]"
    )
    set_status(page, "{pending: 1}")
    tab(page, "log")
    rows = page.locator(".log-screen li")
    expect(rows.nth(0)).to_contain_text("Waits")
    expect(rows.nth(0)).to_contain_text("4 times")
    expect(rows.nth(1)).to_contain_text("Sent")
    expect(rows.nth(1)).to_contain_text("by search")
    expect(page.locator(".log-summary")).to_contain_text("1 scan waits to be sent")
    page.get_by_role("button", name="Sync now").click()
    assert page.evaluate("fake.app.door.syncs") == 1


def test_unsent_scans_bar_the_way_out(stage: Stage) -> None:
    page = stage.door()
    set_status(page, "{pending: 3}")
    tab(page, "settings")
    page.get_by_role("button", name="Leave this event").click()
    expect(page.get_by_role("dialog")).to_contain_text("3 scans are only on this phone")
    page.get_by_role("dialog").get_by_role("button", name="Back").click()
    assert page.evaluate("fake.app.forgotten") == []
    set_status(page, "{pending: 0}")
    page.get_by_role("button", name="Leave this event").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave this event").click()
    expect(page.get_by_text("No event yet")).to_be_visible()
    assert page.evaluate("fake.app.forgotten") == ["00000000000a"]


def test_an_update_waits_for_a_tap_and_comes_back_when_a_decision_was_open(stage: Stage) -> None:
    page = stage.door()
    page.evaluate("fake.app.refuseUpdate = true; fake.app.offer()")
    light(page, "{}")
    expect(page.locator(".verdict-banner")).to_be_visible()
    assert page.evaluate("fake.app.applied") == 0
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text("A new version")).to_be_visible()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_text("A new version")).to_have_count(0)


def test_a_low_battery_asks_to_sync(stage: Stage) -> None:
    page = stage.open(known="00000000000a")
    page.evaluate(
        "Object.defineProperty(navigator, 'getBattery', {value: async () =>"
        " Object.assign(new EventTarget(), {level: 0.12, charging: false})})"
    )
    page.evaluate("fake.app.open('00000000000a').then((door) => door.set({pending: 2}))")
    page.get_by_role("button", name="Start scanning").click()
    expect(page.get_by_text("Battery at 12 %. 2 scans wait")).to_be_visible()
    page.get_by_role("button", name="Sync now").click()
    assert page.evaluate("fake.app.door.syncs") == 1


def test_another_window_is_taken_over_by_a_tap(stage: Stage) -> None:
    page = stage.door()
    set_status(page, "{holdsLock: false}")
    expect(page.get_by_role("heading", name="Another window")).to_be_visible()
    page.get_by_role("button", name="Scan in this window").click()
    expect(page.get_by_role("heading", name="Another window")).to_be_hidden()
    assert page.evaluate("fake.app.scanner.state") == "running"


def test_a_removed_phone_hands_in_and_can_be_cleared(stage: Stage) -> None:
    page = stage.door()
    set_status(page, "{standing: 'revoked', pending: 5}")
    expect(page.get_by_text("5 scans wait to be sent")).to_be_visible()
    expect(page.get_by_role("button", name="Remove from this phone")).to_have_count(0)
    page.get_by_role("button", name="Hand in now").click()
    page.evaluate("localStorage.setItem('handstamp.operators.00000000000a', '[\"Ana\"]')")
    page.get_by_role("button", name="Remove from this phone").click()
    expect(page.get_by_text("No event yet")).to_be_visible()
    assert "Ana" not in page.evaluate("JSON.stringify(localStorage)")


def test_an_expired_pairing_scans_on_until_the_event_is_over(stage: Stage) -> None:
    page = stage.door()
    set_status(page, "{standing: 'expired'}")
    expect(page.locator(".blocked-layer")).to_be_hidden()
    page.evaluate("fake.app.door.info.event.end = Date.now() - 13 * 3600 * 1000")
    set_status(page, "{}")
    expect(page.get_by_role("heading", name="This pairing has expired")).to_be_visible()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("blocked", "The camera is not allowed"),
        ("none", "No camera found"),
        ("busy", "Another app uses the camera"),
        ("insecure", "needs a secure address"),
        ("interrupted", "Tap to resume"),
    ],
)
def test_a_camera_that_fails_is_explained(stage: Stage, state: str, words: str) -> None:
    page = stage.door(camera=state)
    expect(page.locator(".camera-help")).to_contain_text(words)
    page.evaluate("fake.app.scanner.next = 'running'")
    if state != "insecure":
        page.locator(".camera-help button").click()
        expect(page.locator(".camera-help")).to_have_count(0)


def test_settings_drive_the_camera(stage: Stage) -> None:
    page = stage.door()
    tab(page, "settings")
    page.get_by_role("radio", name="Front camera").check()
    page.get_by_role("switch", name="Torch").check()
    page.get_by_role("slider", name="Zoom").fill("3")
    scanner = "(({cameraId, torch, zoom}) => [cameraId, torch, zoom.value])(fake.app.scanner)"
    assert page.evaluate(scanner) == ["c", True, 3]


def test_a_code_of_another_paired_event_offers_to_switch(stage: Stage) -> None:
    page = stage.door()
    light(page, "{verdict: 'wrong_event', admit: false, switchTo: '00000000000b'}")
    page.get_by_role("button", name="Switch to that event").click()
    expect(page.get_by_role("button", name="Start scanning")).to_be_visible()
    assert page.url.endswith("&p=00000000000b")


def test_an_iphone_is_told_to_install_first(stage: Stage) -> None:
    context = stage.browser.new_context(
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Safari/605.1.15"
    )
    page = context.new_page()
    page.goto(f"{stage.address}/tickets/checkin/")
    expect(page.get_by_text("put this app on the home screen first")).to_be_visible()
    page.get_by_role("button", name="How to install").click()
    expect(page.locator("details[open] h2")).to_have_text("iPhone and iPad")

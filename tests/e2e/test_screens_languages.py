"""The door app in each of its languages: as the browser asks or its holder chooses; it fits."""

import pytest
from playwright.sync_api import expect
from tests.e2e.screens import SCREENS
from tests.e2e.stage import PHONE, Stage, screens_address, screens_browser, stage
from tests.e2e.test_screens_look import CLIPPED, OUT_OF_REACH, SIDEWAYS

__all__ = ["screens_address", "screens_browser", "stage"]

TIGHT = ("scan", "settings", "drill", "verdict already_used")


@pytest.mark.parametrize("language", ["fr", "es", "de"])
def test_each_language_fits_on_a_phone(stage: Stage, language: str) -> None:
    for name in TIGHT:
        page = SCREENS[name](stage, size=PHONE, lang=language)
        assert page.evaluate("document.documentElement.lang") == language
        for fault in (CLIPPED, SIDEWAYS, OUT_OF_REACH):
            assert page.evaluate(fault) == [], name
        page.context.close()


def test_a_phone_speaks_as_its_browser_asks_until_its_holder_chooses(stage: Stage) -> None:
    context = stage.browser.new_context(viewport=PHONE, locale="fr-CA")
    page = context.new_page()
    page.goto(f"{stage.address}/tickets/checkin/")
    expect(page.locator("html[data-started]")).to_have_attribute("lang", "fr")
    expect(page.get_by_text("Scanner le code d’association")).to_be_visible()
    expect(page.locator("#language")).to_have_value("fr")
    page.select_option("#language", "de")
    expect(page.locator("html[data-started]")).to_have_attribute("lang", "de")
    expect(page.get_by_text("Kopplungscode scannen")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Kopplungscode scannen")).to_be_visible()
    assert page.title() == "Handstamp Einlass"
    context.close()


def test_without_its_words_the_app_speaks_english(stage: Stage) -> None:
    context = stage.browser.new_context(viewport=PHONE, locale="es-MX")
    page = context.new_page()
    page.route("**/locales/es.json", lambda route: route.abort())
    page.goto(f"{stage.address}/tickets/checkin/")
    expect(page.get_by_text("Scan pairing code")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    context.close()

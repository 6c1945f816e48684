"""Every screen, at phone and desktop size: axe-core, contrast 7:1, type, reach, stray text."""

from typing import Any

import pytest
from playwright.sync_api import Page
from tests.e2e.screens import SCREENS
from tests.e2e.stage import AXE, DESKTOP, PHONE, Stage, screens_address, screens_browser, stage

__all__ = ["screens_address", "screens_browser", "stage"]

# On a desktop these differ from another verdict of their family by a sentence, from another sheet
# by its words.
LIKE_ANOTHER = {
    *("admit anyway", "undo", "a guest's actions", "cloakroom shift", "locked"),
    *(
        f"verdict {name}"
        for name in (
            *("cancelled", "superseded", "disputed", "wrong_list", "too_late", "forged"),
            *("not_inside", "exit", "undone", "elsewhere"),
        )
    ),
}

RULES = """async () => {
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: {'color-contrast-enhanced': {enabled: true}},
  });
  return found.violations.map((one) => [one.id, ...one.nodes.map((node) =>
    node.target.join(' ') + ': ' + (node.any[0]?.message ?? node.failureSummary))]);
}"""

SHOWN = """
  const shown = (node) => node.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && !node.closest('.unseen, [inert]');
"""

SMALL_TEXT = f"""() => {{ {SHOWN}
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {{
    const node = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() && shown(node)) {{
      const size = parseFloat(getComputedStyle(node).fontSize);
      if (size < 18) found.push(`${{texts.currentNode.data.trim()}}: ${{size}}`);
    }}
  }}
  return found;
}}"""

SMALL_TARGETS = f"""() => {{ {SHOWN}
  return [...document.querySelectorAll('button, summary, .input, .choice-row, .toggle > label')]
    .filter(shown)
    .map((node) => [node.textContent.trim(), node.getBoundingClientRect()])
    .filter(([, box]) => box.height < 48 || box.width < 48)
    .map(([text, box]) => `${{text}}: ${{box.width}} x ${{box.height}}`);
}}"""

SIDEWAYS = """() =>
  [...document.querySelectorAll('body, #app, .page-layer, .verdict-banner, dialog')]
  .filter((node) => node.scrollWidth > node.clientWidth + 1)
  .map((node) => `${node.className || node.tagName}: ${node.scrollWidth}`)"""

OUT_OF_REACH = f"""() => {{ {SHOWN}
  return [...document.querySelectorAll('.button.primary, .tab, .verdict-foot .button, .round')]
    .filter(shown)
    .filter((node) => !node.closest('details, .camera-help, [inert]'))
    .filter((node) => !document.querySelector('dialog:modal') || node.closest('dialog:modal'))
    .map((node) => [node.textContent.trim(), node.getBoundingClientRect()])
    .filter(([, box]) => box.bottom > innerHeight + 1 || box.top < innerHeight * 0.35)
    .map(([text, box]) => `${{text}}: ${{box.top}} to ${{box.bottom}}`);
}}"""

STRAYS = f"""() => {{ {SHOWN}
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  const whole = /^(⟦[^⟦⟧]*⟧|[\\s·.,:%\\d])*$/u;
  while (texts.nextNode()) {{
    const node = texts.currentNode.parentElement;
    if (node.closest('[translate="no"], noscript, script')) continue;
    if (!whole.test(texts.currentNode.data)) found.push(texts.currentNode.data);
  }}
  for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {{
    for (const node of document.querySelectorAll(`[${{name}}]`)) {{
      const text = node.getAttribute(name);
      if (!whole.test(text)) found.push(`${{name}}: ${{text}}`);
    }}
  }}
  return found;
}}"""

CLIPPED = f"""() => {{ {SHOWN}
  const cut = (node, style) => ['hidden', 'clip'].includes(style.overflowX)
    && style.textOverflow !== 'ellipsis' && node.scrollWidth > node.clientWidth + 1;
  return [...document.querySelectorAll('body *')]
    .filter((node) => shown(node) && node.clientWidth > 1 && cut(node, getComputedStyle(node)))
    .map((node) => `${{node.className || node.tagName}}: ${{node.textContent.trim()}}`);
}}"""

MIRRORED = f"""() => {{ {SHOWN}
  const found = [];
  const place = (node, at) => {{
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect();
  }};
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {{
    const node = texts.currentNode;
    if (!shown(node.parentElement)) continue;
    for (const digits of node.data.matchAll(/\\d{{2,}}/g)) {{
      const first = place(node, digits.index);
      const last = place(node, digits.index + digits[0].length - 1);
      if (first.width && first.top === last.top && first.left > last.left) found.push(node.data);
    }}
  }}
  for (const node of document.querySelectorAll('canvas, img, video, svg.stamp-mark')) {{
    for (let at = node; at; at = at.parentElement) {{
      if (new DOMMatrix(getComputedStyle(at).transform).a < 0) found.push(at.className);
    }}
  }}
  return found;
}}"""


def axe(page: Page) -> Any:
    """Return what axe-core finds wrong."""
    page.evaluate(AXE.read_text())
    return page.evaluate(RULES)


def check(page: Page) -> None:
    """Assert what holds for a screen of any size."""
    assert axe(page) == []
    assert page.evaluate(SMALL_TEXT) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SIDEWAYS) == []


@pytest.mark.parametrize("name", SCREENS)
def test_a_phone_screen_is_usable_by_everybody_with_one_hand(stage: Stage, name: str) -> None:
    page = SCREENS[name](stage, size=PHONE)
    check(page)
    assert page.evaluate(OUT_OF_REACH) == []


@pytest.mark.parametrize("name", [name for name in SCREENS if name not in LIKE_ANOTHER])
def test_a_desktop_screen_is_usable_by_everybody(stage: Stage, name: str) -> None:
    check(SCREENS[name](stage, size=DESKTOP))


@pytest.mark.parametrize("name", SCREENS)
def test_texts_come_from_the_catalogue_and_fit_longer_and_from_the_right(
    stage: Stage, name: str
) -> None:
    page = SCREENS[name](stage, size=PHONE, lang="qpr")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate(STRAYS) == []
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(MIRRORED) == []
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate(OUT_OF_REACH) == []

"""The portal in a real browser: whatever it shows can be read, on a telephone and on a desk, by day and by night, in both languages."""

from itertools import product

import pytest

from tests.browser.conftest import NAME
from tests.browser.reader import CLOSED

# every text that is seen: what it says, and how far it stands out (WCAG 2.2: at least 4.5)
CONTRAST = """(() => {
  const light = (said) => {
    const parts = said.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255).map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const clear = (said) => /^rgba.*, 0\\)$/.test(said);
  const ground = (each) => { while (each.parentElement && clear(getComputedStyle(each).backgroundColor)) each = each.parentElement; return getComputedStyle(each).backgroundColor; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const weak = [];
  while (texts.nextNode()) {
    const each = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !each.checkVisibility()) continue;
    const [dark, bright] = [light(getComputedStyle(each).color), light(ground(each))].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) weak.push(`${texts.currentNode.data}: ${ratio.toFixed(1)}`);
  }
  return weak;
})()"""
NAMELESS = """[...document.querySelectorAll('button, a, input, select')].filter((each) =>
  !(each.ariaLabel || each.textContent.trim() || each.labels?.[0]?.textContent.trim())).map((each) => each.outerHTML)"""
# cells that do not hold what stands in them; on a narrow screen heads are only for who hears the page
CUT = """[...document.querySelectorAll(innerWidth < 768 ? 'td' : 'th, td')].filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent)"""
ASIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
async def test_all_of_it_can_be_read(page, desk, reader, language):
    """On a telephone and on a desk, by day and by night."""
    await page.speaks(language)
    await desk.event("편")

    async def looks_well():
        for width, scheme in product((390, 1280), ("light", "dark")):
            await page.size(width)
            await page.scheme(scheme)
            assert await page.value(ASIDE) <= 0
            assert [await page.value(each) for each in (CONTRAST, NAMELESS, CUT)] == [[], [], []]

    await reader.comes_with("oms_none")
    await page.until("document.querySelector('[role=alert]')")
    await looks_well()
    await reader.comes_with(desk.tokens["all"])
    await page.until("document.querySelectorAll('main tbody tr').length === 4")
    await looks_well()
    for name in (NAME, "lounge", "nobody-there"):
        await reader.comes_with(desk.tokens["all"], name)
        await looks_well()
        await page.value("document.querySelector('td button.plain')?.click()")
        await page.until("document.querySelector('td.whole, section p')")
        await looks_well()
    for asks in ("say", "recover", "rotate"):
        await page.value(f"document.querySelector('[data-does={asks}]').click()")
        await page.until("document.querySelector('dialog')")
        await looks_well()
        await page.key("Escape")
        await page.until(CLOSED)
    await page.value("location.hash = 'nowhere'")
    await reader.sees("SUBSCRIPTION_UNKNOWN")
    await looks_well()

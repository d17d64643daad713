"""The portal in a real browser (`make test-browser`): all that its owner does there, by mouse and keyboard, in both languages."""

import json
import re
from itertools import product

import pytest
from standardwebhooks import Webhook

from oms.callers import allow, forget
from oms.deliveries import deliveries
from tests.browser.conftest import ANSWER, NAME, opened
from tests.oms.test_webhooks_recovered import given_up

WORD = "import('/portal/words.js').then((words) => words.word(%s))"
TEXT = "document.querySelector('main').innerText.includes(%s)"
HEADING = "document.querySelector('main h2')?.textContent.startsWith(%s)"
ROWS = "[...document.querySelectorAll('section tbody > tr:not([data-of])')].map((each) => each.innerText)"
FOCUS = "document.activeElement.dataset.does ?? document.activeElement.tagName"
PARTS = "[...document.querySelectorAll('pre')].map((each) => each.textContent)"
CLOSED = "!document.querySelector('dialog')"
NOTICE = "document.getElementById('notice').textContent"


class Reader:
    """Who looks at the portal: names of buttons are those that the page gives them in its language."""

    def __init__(self, page, desk):
        self.page, self.desk = page, desk

    async def word(self, name):
        return await self.page.value(WORD % json.dumps(name))

    async def click(self, name):
        await self.page.click(await self.word(name))

    async def sees(self, name):
        await self.page.until(TEXT % json.dumps(await self.word(name)))

    async def told(self, name):
        """A notice with these words, `{0}` being whatever."""
        begin = json.dumps((await self.word(name)).partition("{0}")[0])
        return await self.page.until(f"{NOTICE}.startsWith({begin}) && {NOTICE}")

    async def comes_with(self, token, at="", event=None):
        """`event`: that happens before, and is carried out."""
        if event:
            await self.desk.event(event)
            assert {(await self.desk.receiver.next())[0] for _ in range(2)} == {"/bad", "/good"}
        await self.page.open("about:blank")
        await self.page.open(f"{self.desk.url}/portal#token={token}")
        await self.page.until("location.hash === '' && document.querySelector('main h2, main form')")
        if at:
            await self.page.value(f"location.hash = encodeURIComponent({json.dumps(at)})")
            await self.page.until(HEADING % json.dumps(at))
        if event:
            await self.comes(f"{ROWS}.length")

    async def comes(self, what):
        """Looks again until it is there: a try is noted a moment after it was answered."""
        again = "document.querySelector('[data-does=reload]')?.click()"
        await self.page.until(f"({what}) || {again}")

    async def unfolds(self):
        """The one try that was refused."""
        await self.page.click(f"422 {await self.word('refused')}")
        await self.page.until("document.querySelectorAll('pre').length === 4")

    def sent(self, door):
        return [each for each in self.page.requests if re.search(rf"POST .*/{door}$", each)]


async def first_refused(kept):
    return next(each for _, each in await kept.after(0, None, 9) if each.status == 422)


@pytest.fixture
def reader(page, desk):
    """Whatever they do, the page goes nowhere else, and nothing is wrong with it."""
    yield Reader(page, desk)
    elsewhere = [each for each in page.requests if not re.match(rf"\w+ ({desk.url}/portal|about:blank|data:)", each)]
    assert elsewhere == []  # `data:` is the browser's own, of a field for times
    assert [each for each in page.said if not re.match(r"Failed to load resource: .* (401|404|409) ", each)] == []


@pytest.mark.parametrize("language", ["en-GB", "ko-KR"])
async def test_a_link_that_opens_nothing_says_so_and_a_token_that_is_typed_opens_what_is_its_owners(
    page, desk, reader, language
):
    """By keyboard alone."""
    await page.speaks(language)
    await reader.comes_with("oms_none")
    await page.until("document.querySelector('[role=alert]')")
    assert await page.value("document.activeElement.type") == "password"
    assert await page.value("sessionStorage.length") == 0
    await page.write(desk.tokens["owner"])
    await page.key("Enter")
    await page.until("document.querySelector('main table')")
    assert await page.value("document.querySelectorAll('main tbody tr').length") == 1
    assert await page.value("document.documentElement.lang") == language[:2]
    await page.key("Tab")  # to what stands behind the heading
    assert await page.value(FOCUS) == "reload"
    await page.key("Tab")
    await page.key("Enter")
    await page.until(HEADING % json.dumps(NAME))
    assert await page.value("document.title") == f"{NAME} · OMS · {await reader.word('title')}"
    assert await page.value(FOCUS) == "H2"


async def test_what_was_sent_and_answered_stands_there_as_text(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME, "편")
    await reader.unfolds()
    request, _, body, answer = await page.value(PARTS)
    assert ("webhook-id: msg_" in request, json.loads(body)["data"]["name"], answer) == (True, "편", ANSWER)
    assert await page.value("document.querySelectorAll('main b').length") == 0


async def test_an_endpoint_is_paused_if_that_is_not_called_off_and_resumed(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME, "편")
    await reader.click("pause")
    await page.key("Escape")
    await page.until(CLOSED)
    assert (reader.sent("pause"), await page.value(FOCUS)) == ([], "say")
    await page.key("Enter")
    await page.until("document.querySelector('dialog')")
    await page.write("점검")
    await page.key("Enter")
    await reader.sees("paused")
    assert await page.value(TEXT % json.dumps("점검"))
    assert (len(reader.sent("pause")), await page.value(FOCUS)) == (1, "say")
    await reader.unfolds()
    await reader.click("resend")
    await reader.told("SUBSCRIPTION_STATUS")
    await reader.click("resume")
    await reader.sees("active")


async def test_what_failed_is_sent_again_and_an_example_is_sent(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME, "편")
    await reader.unfolds()
    request = (await page.value(PARTS))[0]
    await reader.click("recover")
    await reader.click("count")
    await page.until("document.querySelector('dialog p')?.textContent.includes('1')")
    desk.receiver.healed = True
    await reader.click("resend")
    await reader.told("resent")
    path, headers, _ = await desk.receiver.next()
    assert (path, headers["webhook-id"] in request) == ("/bad", True)
    await page.value("const again = document.querySelector('[data-does=resend]'); again.click(); again.click()")
    await reader.told("resent")
    assert (await desk.receiver.next())[1]["webhook-id"] == headers["webhook-id"]
    assert len(reader.sent("resend")) == 1

    await reader.click("test")
    await reader.told("tested")
    path, headers, _ = await desk.receiver.next()
    assert (path, headers["oms-test"]) == ("/bad", "true")


async def test_a_new_secret_is_shown_until_it_was_read_and_is_what_signs(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME)
    await reader.click("rotate")
    await reader.click("cancel")
    await page.until(CLOSED)
    assert reader.sent("rotate") == []
    await reader.click("rotate")
    await page.until("document.querySelector('dialog select')")
    await page.value("document.querySelector('dialog select').value = '0'")
    await page.value("document.querySelector('dialog form').requestSubmit()")
    secret = await page.until("document.querySelector('dialog textarea')?.value")
    await reader.click("copy")
    await page.until("document.querySelector('dialog [role=status]').textContent")
    await reader.click("close")
    await page.until(CLOSED)
    await desk.event("문")
    bodies = {path: (body, headers) for path, headers, body in [await desk.receiver.next() for _ in range(2)]}
    Webhook(secret).verify(*bodies["/bad"])


async def test_tries_are_read_page_by_page_and_sought(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME, "편")
    async with deliveries(desk.settings) as kept:
        tried = await first_refused(kept)
        more = [given_up(tried.subscription, tried.position)._replace(attempt=n) for n in range(60)]
        await kept.note(more, {})
    await reader.click("reload")
    await page.until(f"{ROWS}.length === 50")
    await reader.click("older")
    await page.until(f"{ROWS}.length === 61")
    assert await page.value(f"new Set({ROWS}).size") == 61
    desk.receiver.healed = True
    second = await desk.event("문")
    await reader.comes(f"{ROWS}[0].includes('204')")
    await page.value("document.querySelector('[name=position]').focus()")
    await page.write(str(second))
    await page.key("Enter")
    await page.until(f"{ROWS}.length === 1")
    await reader.click("onlyFailed")
    await reader.sees("noneSuch")


async def test_who_is_let_in_no_more_is_told_so_and_who_leaves_leaves_no_token(page, desk, reader):
    await reader.comes_with(desk.tokens["owner"], NAME)
    await reader.click("back")
    await page.until(HEADING % json.dumps(await reader.word("endpoints")))
    forget(desk.settings, "owner")
    await reader.click("reload")
    await reader.sees("GATEWAY_TOKEN")
    await reader.comes_with(desk.tokens["all"])
    await page.until("document.querySelectorAll('main tbody tr').length === 4")
    await reader.click("leave")
    await reader.sees("ask")
    assert await page.value("sessionStorage.length") == 0


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


async def test_who_may_not_see_webhooks_is_told_so_and_who_is_at_the_machine_of_oms_needs_no_token(page, tmp_path):
    """A browser says itself whether it is this page that asks."""
    async with opened(tmp_path / "data", tokens=False) as desk:
        reader = Reader(page, desk)
        await page.open(f"{desk.url}/portal")
        await page.until("document.querySelectorAll('main tbody tr').length === 4")
        assert await page.value("document.getElementById('leave').hidden")
        await page.click("lounge")
        await page.until(HEADING % "'lounge'")
        await reader.click("pause")
        await page.until("document.querySelector('dialog')")
        await page.key("Enter")
        await reader.sees("paused")
        await reader.comes_with(allow(desk.settings, "reader", ["read"]))
        await reader.sees("GATEWAY_RIGHT")


LATE = """void (window.late = new Promise((done) => new PerformanceObserver((list) =>
  list.getEntries().some((each) => each.name.endsWith('/lounge')) && done()).observe({ type: 'resource' })))"""


async def test_it_says_that_it_waits_and_what_comes_late_takes_no_ones_place(page, desk, reader):
    await page.hold("*/portal/subscriptions")
    await page.open(f"{desk.url}/portal#token={desk.tokens['all']}")
    go_on = await page.held()
    assert await page.value(f"{TEXT % json.dumps(await reader.word('loading'))} && main.getAttribute('aria-busy')")
    await page.value("location.hash = 'lounge'")
    await page.until(HEADING % "'lounge'")
    await go_on()
    await reader.click("back")
    await (await page.held())()
    await page.until(HEADING % json.dumps(await reader.word("endpoints")))
    await page.hold("*/portal/subscriptions/lounge")
    await page.value("location.hash = 'lounge'")
    go_on = await page.held()
    await page.value("location.hash = 'nobody-there'")
    await page.until(HEADING % "'nobody-there'")
    await page.value(LATE)
    await go_on()
    await page.value("late.then(() => new Promise(requestAnimationFrame))")
    assert await page.value(HEADING % "'nobody-there'")
    assert await page.value("document.title.startsWith('nobody-there')")


async def test_it_says_that_nobody_answers(page, tmp_path):
    async with opened(tmp_path / "data") as desk:
        reader = Reader(page, desk)
        await reader.comes_with(desk.tokens["owner"], NAME)
    await reader.click("reload")
    await reader.sees("away")
    await reader.click("back")
    await reader.sees("away")

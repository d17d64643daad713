"""The portal in a real browser (`make test-browser`): all that its owner does there, by mouse and keyboard, in both languages."""

import json

import pytest
from standardwebhooks import Webhook

from oms.callers import allow, forget
from oms.deliveries import deliveries
from tests.browser.conftest import ANSWER, NAME, opened
from tests.browser.reader import CLOSED, FOCUS, HEADING, PARTS, ROWS, TEXT, Reader
from tests.oms.test_webhooks_recovered import given_up


async def first_refused(kept):
    return next(each for _, each in await kept.after(0, None, 9) if each.status == 422)


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
    await page.key("Escape")
    await page.key("Escape")
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

"""Who looks at the portal, and what there is to be seen: expressions of JavaScript, `%s` being JSON."""

import json
import re

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

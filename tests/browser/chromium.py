"""A real Chromium, spoken to by the Chrome DevTools Protocol, and one page of it.

Whatever is waited for is waited for in the page, by a MutationObserver: nothing here sleeps or asks again and again.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

FLAGS = (
    "--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
DEADLINE = 60  # s, for each answer
UNTIL = """new Promise((resolve, reject) => {
  const look = () => { try { const found = (%s); if (found) resolve(found); return found; } catch (wrong) { reject(wrong); return true; } };
  if (look()) return;
  const watch = new MutationObserver(() => look() && watch.disconnect());
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})"""

CLICKED = """(() => {
  const there = document.querySelector("dialog") ?? document;
  const found = [...there.querySelectorAll("button, a, label, input")].find((each) => each.checkVisibility() && (each.ariaLabel ?? each.textContent).trim() === %s);
  if (!found || found.ariaDisabled === "true") return null;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width, height } = found.getBoundingClientRect();
  const place = { x: x + Math.min(width, 40) / 2, y: y + height / 2 };
  return found.contains(document.elementFromPoint(place.x, place.y)) ? place : null;
})()"""


class Wrong(Exception):
    """What the browser refused to do, or an exception in the page."""


class Page:
    """`said`: what stands in its console, and what its policies kept it from; `requests`: method and URL of each."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket, self._last = socket, 0
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self.session: str | None = None
        self.said: list[str] = []
        self.requests: list[str] = []
        self._loaded, self._held = asyncio.Event(), asyncio.Queue[str]()

    async def ask(self, method: str, **given: Any) -> Any:
        """Raises `Wrong`."""
        self._last += 1
        self._asked[self._last] = answer = asyncio.get_running_loop().create_future()
        session = {} if self.session is None else {"sessionId": self.session}
        try:
            async with asyncio.timeout(DEADLINE):
                await self._socket.send_json({"id": self._last, "method": method, "params": given, **session})
                return await answer
        except TimeoutError:
            raise Wrong(f"not within {DEADLINE} s: {method} {given}") from None

    async def listen(self) -> None:
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                break
            told = json.loads(frame.data)
            if "id" in told:
                self._answer(told)
            else:
                self._hear(told["method"], told["params"])
        for answer in self._asked.values():
            answer.set_exception(Wrong("the browser is gone"))

    def _answer(self, told: Mapping[str, Any]) -> None:
        answer = self._asked.pop(told["id"])
        if answer.done():  # nobody waits for it any more
            return
        if "error" in told:
            answer.set_exception(Wrong(told["error"]["message"]))
        else:
            answer.set_result(told["result"])

    def _hear(self, method: str, told: Mapping[str, Any]) -> None:
        if method == "Runtime.consoleAPICalled":
            self.said.append(" ".join(str(each.get("value", each.get("description"))) for each in told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.said.append(str(told["exceptionDetails"].get("exception", {}).get("description", told)))
        elif method == "Log.entryAdded":
            self.said.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Fetch.requestPaused":
            self._held.put_nowait(told["requestId"])
        elif method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Network.requestWillBeSent":
            self.requests.append(f"{told['request']['method']} {told['request']['url']}")

    async def value(self, expression: str) -> Any:
        """What it comes to, once it is there. Raises `Wrong`."""
        done = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in done:
            raise Wrong(f"{done['exceptionDetails']['exception'].get('description')} in {expression}")
        return done["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Waits until it comes to something, and tells what."""
        return await self.value(UNTIL % expression)

    async def open(self, url: str) -> None:
        """Behind it the page is there, with its programs run. NOTE another `#…` alone opens nothing: `value` sets that."""
        self._loaded.clear()
        await self.ask("Page.navigate", url=url)
        async with asyncio.timeout(DEADLINE):
            await self._loaded.wait()

    async def hold(self, pattern: str) -> None:
        """Requests of such URLs (`*` is whatever) wait from now on."""
        await self.ask("Fetch.enable", patterns=[{"urlPattern": pattern}])

    async def held(self) -> Callable[[], Awaitable[Any]]:
        """The next of them; called, it goes on."""
        async with asyncio.timeout(DEADLINE):
            return partial(self.ask, "Fetch.continueRequest", requestId=await self._held.get())

    async def click(self, name: str) -> None:
        """What has that name, in the dialog if there is one, where somebody's mouse would: once it is there, and nothing is above it."""
        place = await self.until(CLICKED % json.dumps(name))
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    async def key(self, key: str) -> None:
        """`Tab`, `Enter` or `Escape`, at what has the focus."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, "")}[key]
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    async def write(self, text: str) -> None:
        await self.ask("Input.insertText", text=text)

    async def size(self, width: int, height: int = 800) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    async def speaks(self, languages: str) -> None:
        """For pages that are opened from now on."""
        agent = await self.value("navigator.userAgent")
        await self.ask("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)

    async def scheme(self, scheme: str) -> None:
        """`light` or `dark`."""
        await self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


@asynccontextmanager
async def chromium(program: str, folder: Path) -> AsyncIterator[Page]:
    """`folder`: the browser's own. Raises `Wrong`."""
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    started = await asyncio.create_subprocess_exec(
        program, *FLAGS, *sandbox, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        address = await _address(started)
    except BaseException:
        await _ended(started)
        raise
    draining = asyncio.create_task(_drained(started))
    try:
        async with ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            try:
                made = await page.ask("Target.createTarget", url="about:blank")
                told = await page.ask("Target.attachToTarget", targetId=made["targetId"], flatten=True)
                page.session = told["sessionId"]
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await page.ask(f"{domain}.enable")
                yield page
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
    finally:
        await _ended(started)
        await draining


async def _address(started: asyncio.subprocess.Process) -> str:
    assert started.stderr is not None
    told = b""
    async for line in started.stderr:
        if found := re.search(rb"DevTools listening on (ws://\S+)", line):
            return found[1].decode()
        told += line
    raise Wrong(f"no browser: {told.decode(errors='replace')[-2000:]}")


async def _drained(started: asyncio.subprocess.Process) -> None:
    """What nobody reads would stop it."""
    assert started.stderr is not None
    while await started.stderr.read(1 << 16):
        pass


async def _ended(started: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        started.terminate()
    try:
        async with asyncio.timeout(DEADLINE):
            await started.wait()
    except TimeoutError:
        started.kill()
        await started.wait()

"""A headless Chromium that reaches nothing but 127.0.0.1 and is ended when a page never answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, BrowserContext, Route, WebSocketRoute, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The browser's own errands do not pass through a page's routes: no name resolves for them either.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
STARTS_WITHIN = 30_000  # milliseconds


class Watched:
    """A browser whose processes can be ended from another thread."""

    def __init__(self, browser: Browser, driver: list[psutil.Process]) -> None:
        """`driver` are Playwright's own processes: what they started is the browser."""
        self.browser = browser
        self._driver = driver

    @contextmanager
    def for_at_most(self, seconds: float) -> Iterator[None]:
        """End the browser when the block takes longer: evaluating an expression has no limit of its own."""
        watchdog = threading.Timer(seconds, self._end)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _end(self) -> None:
        for driver in self._driver:
            for process in driver.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    process.kill()


@contextmanager
def chromium_browser(executable: str) -> Iterator[Watched]:
    """Run the Chromium at `executable` for the block."""
    before = set(psutil.Process().children())
    with sync_playwright() as playwright:
        driver = [process for process in psutil.Process().children() if process not in before]
        browser = playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS, headless=True, timeout=STARTS_WITHIN
        )
        try:
            yield Watched(browser, driver)
        finally:
            browser.close()


def refuse_outside(context: BrowserContext) -> list[str]:
    """Abort every request of the context's pages that leaves this machine; the list returned has them."""
    refused: list[str] = []

    def decide(route: Route) -> None:
        if _is_local(route.request.url):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    def refuse(socket: WebSocketRoute) -> None:
        # Not connected, it says nothing. To close it from here, within Playwright's dispatch, can block for ever.
        refused.append(socket.url)

    context.route("**/*", decide)
    context.route_web_socket(lambda url: not _is_local(url), refuse)
    return refused


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("about", "blob", "data") or parts.hostname == "127.0.0.1"

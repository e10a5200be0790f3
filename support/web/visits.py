"""What the scenarios in a browser do and look at."""

from collections.abc import Iterable
from typing import Any

from selenium.webdriver.common.keys import Keys

from support.centralized.servers import Server
from support.web.chromium import Chromium

_LISTED = "return [...document.querySelectorAll('main ol.hits a')].map(link => link.textContent)"
_FOCUSED = "return document.activeElement.id || document.activeElement.textContent.trim()"
_MOST_TABS = 60


class Visit:
    """A browser at a registry. `pictures` are what was seen, by page."""

    def __init__(self, server: Server, light: str) -> None:
        self.server = server
        self.browser = Chromium(server.url, dark=light == "night")
        self.pictures: dict[str, bytes] = {}
        self.light = light
        self.open("/")

    def open(self, path: str) -> None:
        """Go to a page, and keep how it looks."""
        self.browser.open(path)
        self.pictures[f"{path} in {self.light}"] = self.browser.picture()

    def violations(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Return what axe finds on each page where it finds something."""
        found = {}
        for path in paths:
            self.open(path)
            if wrong := self.browser.violations():
                found[path] = wrong
        return found

    def type(self, text: str) -> None:
        """Type into the field of the search."""
        self.browser.run("document.querySelector('#q').focus()")
        self.browser.press(*text)

    def lists(self, names: list[str]) -> bool:
        """Wait until the page lists just these packages; return whether it does."""
        return self.browser.wait(lambda: self.browser.run(_LISTED) == names)

    def listed(self) -> Any:
        """Return what the page lists."""
        return self.browser.run(_LISTED)

    def buttons(self) -> Any:
        """Return what the buttons say."""
        return self.browser.run("return [...document.querySelectorAll('button')].map(one => one.textContent)")

    def is_dark(self) -> bool:
        """Return whether the page is rather black than white."""
        script = "return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
        return bool(sum(self.browser.run(script)[:3]) < 3 * 128)

    def focused(self) -> str:
        """Return what has the focus: an element's id, or its text."""
        return str(self.browser.run(_FOCUSED))

    def tab_to(self, text: str) -> None:
        """Press the tab key until something has the focus."""
        for _ in range(_MOST_TABS):
            if self.focused() == text:
                return
            self.browser.press(Keys.TAB)
        raise AssertionError(f"the tab key does not reach {text!r}")

    def press_button(self, text: str) -> None:
        """Press a button, with the right to write the clipboard."""
        rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": self.server.url}
        self.browser.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
        self.browser.run(f"[...document.querySelectorAll('button')].find(one => one.textContent == '{text}').click()")

    def clipboard(self) -> str:
        """Return what is in the clipboard."""
        script = "const done = arguments[0]; navigator.clipboard.readText().then(done, error => done(String(error)))"
        return str(self.browser.driver.execute_async_script(script))

    def close(self) -> None:
        """End the browser."""
        self.browser.close()

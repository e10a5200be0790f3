"""Headless Chromium, driven over WebDriver. All that it writes is in one folder, which goes with it."""

import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from support.cleanroom.deadline import Deadline

_SECONDS = 60.0
_SHORT = Path("/tmp")  # noqa: S108 - the names below it cannot be guessed
"""Where the browser's folder is: its sockets are in there, and the name of a socket has at most 107 characters."""

_PROGRAMS = ("chromium", "chromedriver")


def lacking() -> str:
    """Return why there is no browser here, or nothing; with GGEN_REQUIRE_BROWSER a missing one is no reason to skip."""
    if os.environ.get("GGEN_REQUIRE_BROWSER"):
        return ""
    programs = [name for name in _PROGRAMS if shutil.which(name) is None]
    modules = [name for name in ("selenium", "axe_core_python") if find_spec(name) is None]
    return f"there is no {', '.join([*programs, *modules])}" if programs or modules else ""


class Chromium:
    """A browser with one window.

    Args:
        dark: whether its user wants dark pages.
        base: the address that paths are relative to.
    """

    def __init__(self, base: str, *, dark: bool = False) -> None:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService

        self._base = base.rstrip("/")
        self._folder = Path(tempfile.mkdtemp(prefix="chromium-", dir=_SHORT))
        options = ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1100,900",
            "--disable-background-networking", "--disable-component-update", "--no-first-run",
            f"--user-data-dir={self._folder}", *(["--force-dark-mode"] if dark else []),
        ):  # fmt: skip
            options.add_argument(argument)
        environ = {**os.environ, "TMPDIR": str(self._folder), "HOME": str(self._folder), "SE_OFFLINE": "true"}
        service = ChromeService(shutil.which("chromedriver"), env=environ)
        try:
            self.driver = Chrome(options, service)
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def open(self, path: str) -> None:
        """Go to a page."""
        self.driver.get(self._base + path)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page; return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, what: Callable[[], object]) -> bool:
        """Wait until something is so; return whether it is."""
        return bool(Deadline.after(_SECONDS).poll(what, every=0.02, slowest=0.1))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def violations(self) -> list[str]:
        """Return what axe-core finds that keeps somebody from using the page."""
        from axe_core_python.selenium import Axe

        found = Axe().run(self.driver)
        return [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in found["violations"]]

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return self.driver.get_screenshot_as_png()

    def close(self) -> None:
        """End the browser, and remove what it has written."""
        self.driver.quit()
        shutil.rmtree(self._folder)

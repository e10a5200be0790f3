"""The application for any ASGI server: `uvicorn --factory marketplace.server.environment:application`."""

import os
import sys
from pathlib import Path

from marketplace.clock import system_clock
from marketplace.config import Settings
from marketplace.registry.local import LocalRegistry
from marketplace.security.trust import TrustStore
from marketplace.server.app import Application
from marketplace.server.options import Options


def application() -> Application:
    """Return the server of the home that GGEN_HOME and the settings name.

    Raises:
        InvalidInputError: a setting is wrong.
    """
    settings = Settings.load(folder=Path.cwd(), environ=os.environ, flags={})
    timeout = float(str(settings.value("lock_timeout")))
    home = settings.home

    def open_registry() -> LocalRegistry:
        trust = TrustStore(home / "keys" / "trust.json", lock_timeout=timeout)
        return LocalRegistry(
            home / "registry", trust=lambda: trust, notify=_tell, lock_timeout=timeout, clock=system_clock
        )

    return Application(Options(home / "registry", open_registry))


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")

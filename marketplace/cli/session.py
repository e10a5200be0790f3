"""What a verb works with: settings, output, and the home's parts, each opened when it is first used."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.cli.render import Output
from marketplace.errors import InvalidInputError, MarketError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from datetime import datetime

    from marketplace.clock import Clock
    from marketplace.config import Settings
    from marketplace.plugins.calling import Plugins
    from marketplace.plugins.choices import ChoiceStore
    from marketplace.registry.base import Registry
    from marketplace.registry.fetched import FetchedCopies
    from marketplace.registry.local import LocalRegistry
    from marketplace.registry.node_client import NodeClient
    from marketplace.registry.upkeep import Upkeep
    from marketplace.security.keys import KeyRing, Signer
    from marketplace.security.trust import TrustStore
    from marketplace.storage.fetched import FetchedStore
    from marketplace.storage.filesystem import FilesystemStore


class Session:
    """One run of a verb.

    Args:
        settings: the settings with this run's flags applied.
        out: where results and notes go.
        folder: the folder the command works in (`-C`, else the current one).
        environ: the process's environment.
    """

    def __init__(self, settings: "Settings", out: Output, folder: Path, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.out = out
        self.folder = folder
        self._environ = environ

    @property
    def home(self) -> Path:
        """The folder of keys, settings, the local registry and the cache."""
        return self.settings.home

    @property
    def color(self) -> bool | None:
        """Whether output is coloured; None for "on a terminal"."""
        if self._environ.get("NO_COLOR") and self.settings.origin("color").kind == "default":
            return False  # https://no-color.org
        return {"always": True, "never": False}.get(str(self.settings.value("color")))

    @cached_property
    def registry(self) -> "Registry":
        """The registry that `--registry` names, or several in their order, as in `corp, public | mirror`.

        `local` is the embedded one, `p2p` the peers'; the others are the home's (`ggen market registry add`). Only what
        is asked is loaded and opened.

        Raises:
            NotFoundError: `registry-unknown`.
            InvalidInputError: `registry-order-invalid` or `registries-invalid`.
        """
        if self.settings.registries is None and str(self.settings.value("registry")) in ("local", "p2p"):
            return self.local
        from marketplace.cli.remote import open_registry

        return open_registry(self)

    @cached_property
    def local(self) -> "LocalRegistry":
        """The registry in this home: the embedded one, or the node's when the setting is `p2p`."""
        return self.open_local("p2p" if self.settings.value("registry") == "p2p" else "local")

    def open_local(self, name: str = "local") -> "LocalRegistry":
        """Open a registry of this home once more: each thread of a server has its own."""
        if name == "p2p":
            from marketplace.registry.p2p import P2PRegistry

            return P2PRegistry(
                self.home, signer=self.signer, trust=lambda: self.trust, notify=self.out.warn,
                lock_timeout=self.lock_timeout, clock=self.clock,
            )  # fmt: skip
        from marketplace.registry.local import LocalRegistry

        minimum = self.settings.value("minimum_grade")
        return LocalRegistry(
            self.home / "registry", trust=self._open_trust, notify=self.out.warn, lock_timeout=self.lock_timeout,
            clock=self.clock, minimum=None if minimum in (None, "F") else str(minimum),
        )  # fmt: skip

    @property
    def upkeep(self) -> "Upkeep":
        """What looks after the registry in this home."""
        from marketplace.registry.upkeep import Upkeep

        return Upkeep(self.local)

    @cached_property
    def store(self) -> "FilesystemStore":
        """The store that packages are installed from: that of the registry in this home, else that of the cache."""
        from marketplace.registry.local import LocalRegistry

        if isinstance(self.registry, LocalRegistry):
            return self.registry.store
        return self.fetched

    @cached_property
    def fetched(self) -> "FetchedStore":
        """The cache's store: what was fetched from registries over HTTP."""
        from marketplace.storage.fetched import FetchedStore

        return FetchedStore(self.home / "cache" / "store", lock_timeout=self.lock_timeout, notify=self.out.note)

    @cached_property
    def copies(self) -> "FetchedCopies":
        """All that this home keeps of registries over HTTP."""
        from marketplace.registry.fetched import FetchedCopies

        return FetchedCopies(self.home / "cache", self.fetched)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of this run."""
        return self._environ

    @property
    def node(self) -> "NodeClient":
        """The node that runs in this home, if one does."""
        from marketplace.registry.node_client import NodeClient

        return NodeClient(self.home)

    @cached_property
    def trust(self) -> "TrustStore":
        """The pins and revocations of this home."""
        return self._open_trust()

    def _open_trust(self) -> "TrustStore":
        from marketplace.security.trust import TrustStore

        return TrustStore(self.home / "keys" / "trust.json", lock_timeout=self.lock_timeout)

    @cached_property
    def keys(self) -> "KeyRing":
        """The signing keys of this home."""
        from marketplace.security.keys import KeyRing

        return KeyRing(self.home / "keys")

    @cached_property
    def plugins(self) -> "Plugins":
        """The plugins that are installed beside this program, as the user of this home lets them."""
        from marketplace.plugins.calling import Plugins

        return Plugins(self.plugin_choices, notify=self.out.warn, seconds=self._plugin_timeout())

    @property
    def plugin_choices(self) -> "ChoiceStore":
        """What the user decided about plugins."""
        from marketplace.plugins.choices import ChoiceStore

        return ChoiceStore(self.home / "plugins.json", lock_timeout=self.lock_timeout)

    def _plugin_timeout(self) -> float:
        """Return the setting, or its default where a cloned project wants another: it must not have checks fail."""
        from marketplace.config import SETTINGS

        name = "plugin_timeout"
        given = self.settings.value(name)
        return float(str(SETTINGS[name].default if self.settings.origin(name).kind == "project" else given))

    def close(self) -> None:
        """End what the run has started."""
        if plugins := self.__dict__.get("plugins"):
            plugins.close()

    @property
    def lock_timeout(self) -> float:
        """Seconds to wait for a lock that another process holds."""
        return float(str(self.settings.value("lock_timeout")))

    @property
    def offline(self) -> bool:
        """Whether the network must not be asked."""
        return self.settings.value("offline") is True

    def signer(self) -> "Signer":
        """Load the key that `--key` or the settings name, else the only one."""
        name = self.settings.value("key")
        return self.keys.load(str(name) if name else None)

    @property
    def clock(self) -> "Clock":
        """The clock that `now` reads: the system's own unless SOURCE_DATE_EPOCH is set. A server asks it often."""
        from marketplace.clock import system_clock

        return self.now if "SOURCE_DATE_EPOCH" in self._environ else system_clock

    def now(self) -> "datetime":
        """Return the time that is signed: SOURCE_DATE_EPOCH when it is set (reproducible builds), else the clock's.

        Raises:
            InvalidInputError: `source-date-epoch-invalid`.
        """
        from datetime import UTC, datetime

        epoch = self._environ.get("SOURCE_DATE_EPOCH")
        if epoch is None:
            return datetime.now(UTC)
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError):
            message = f"SOURCE_DATE_EPOCH is {epoch[:40]!r}, not a number of seconds since 1970"
            raise InvalidInputError("source-date-epoch-invalid", message, hint="correct it or unset it") from None


def open_local_registry(environ: Mapping[str, str]) -> "LocalRegistry":
    """Open the local registry of the home that `environ` names, for completion."""
    return make_session(Path.cwd(), {}, environ).local


def make_session(folder: Path, flags: Mapping[str, object], environ: Mapping[str, str]) -> Session:
    """Read the settings and build the session of one run."""
    from marketplace.config import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    settings = Settings.load(folder=folder, environ=environ, flags=given)
    out = Output(as_json=bool(flags.get("json")), quiet=bool(flags.get("quiet")))
    session = Session(settings, out, folder, environ)
    session.out.color = session.color
    return session


MISSING = ("blob-missing", "content-missing")
"""Codes of content that is needed and is not on this machine."""


def offline_miss(error: MarketError) -> UnavailableError:
    """Return the error for content that is not here and may not be fetched."""
    hint = "`ggen market install` without --offline (setting offline) fetches it"
    message = f"{error.message}, and --offline forbids to ask for it"
    return UnavailableError("offline-miss", message, hint=hint, **error.details)


def working_folder() -> Path:
    """Return the current folder.

    Raises:
        NotFoundError: `folder-missing`, it was removed under our feet.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        hint = "change to a folder that exists"
        raise NotFoundError("folder-missing", "the current folder does not exist any more", hint=hint) from None


def split_spec(text: str) -> tuple[str, str | None]:
    """Split `ID@REST` into its two parts; without `@` the second is None."""
    id_, at, rest = text.partition("@")
    return id_, rest if at else None

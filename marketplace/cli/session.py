"""What a verb works with: settings, output, and the home's parts, each opened when it is first used."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from marketplace.cli.render import Output
from marketplace.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from marketplace.config import Settings
    from marketplace.registry.local import LocalRegistry
    from marketplace.security.keys import KeyRing, Signer
    from marketplace.security.trust import TrustStore

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


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

    @cached_property
    def registry(self) -> "LocalRegistry":
        """The registry that `--registry` names; `local` is the embedded one.

        Raises:
            NotFoundError: `registry-unknown`.
        """
        name = str(self.settings.value("registry"))
        if name != "local":
            hint = (
                "this version has one registry, `local`; `ggen market config --show-origin` tells where the name is set"
            )
            raise NotFoundError("registry-unknown", f"there is no registry named {name!r}", hint=hint, registry=name)
        from marketplace.registry.local import LocalRegistry

        timeout = float(str(self.settings.value("lock_timeout")))
        return LocalRegistry(self.home / "registry", trust=self.trust, notify=self.out.warn, lock_timeout=timeout)

    @cached_property
    def trust(self) -> "TrustStore":
        """The pins and revocations of this home."""
        from marketplace.security.trust import TrustStore

        return TrustStore(self.home / "keys" / "trust.json")

    @cached_property
    def keys(self) -> "KeyRing":
        """The signing keys of this home."""
        from marketplace.security.keys import KeyRing

        return KeyRing(self.home / "keys")

    def signer(self) -> "Signer":
        """Load the key that `--key` or the settings name, else the only one."""
        name = self.settings.value("key")
        return self.keys.load(str(name) if name else None)

    def now(self) -> datetime:
        """Return the time that is signed: SOURCE_DATE_EPOCH when it is set (reproducible builds), else the clock's.

        Raises:
            InvalidInputError: `source-date-epoch-invalid`.
        """
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
    session = make_session(Path.cwd(), {}, environ)
    return session.registry


def make_session(folder: Path, flags: Mapping[str, object], environ: Mapping[str, str]) -> Session:
    """Read the settings and build the session of one run."""
    from marketplace.config import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    settings = Settings.load(folder=folder, environ=environ, flags=given)
    color = {"always": True, "never": False}.get(str(settings.value("color")))
    if environ.get("NO_COLOR") and settings.origin("color").kind == "default":
        color = False  # https://no-color.org
    out = Output(as_json=bool(flags.get("json")), quiet=bool(flags.get("quiet")), color=color)
    return Session(settings, out, folder, environ)


_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Print no notes and no progress."),
    click.option(
        "-C", "--directory", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None,
        help="Work in this folder instead of the current one.",
    ),
    click.option("--home", type=click.Path(file_okay=False, path_type=Path), default=None,
                 help="Use this home instead of GGEN_HOME."),
)  # fmt: skip


def with_session(*setting_flags: str) -> Callable[[_Verb], Callable[..., Any]]:
    """Give a verb the common options and a `Session` as its first argument.

    `setting_flags` name the verb's own options that are settings (such as `registry`): they are taken out of its
    arguments and override the settings.
    """

    def decorate(verb: _Verb) -> Callable[..., Any]:
        @wraps(verb)
        def call(*, as_json: bool, quiet: bool, directory: Path | None, home: Path | None, **arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in setting_flags}
            flags |= {"home": home, "json": as_json or None, "quiet": quiet or None}
            return verb(make_session(directory or Path.cwd(), flags, dict(os.environ)), **arguments)

        wrapped: Callable[..., Any] = call
        for option in reversed(_OPTIONS):
            wrapped = option(wrapped)
        return wrapped

    return decorate


registry_option = click.option("--registry", metavar="NAME", default=None, help="The registry to ask.")
key_option = click.option("--key", metavar="NAME", default=None, help="The signing key, when there are several.")


def split_spec(text: str) -> tuple[str, str | None]:
    """Split `ID@REST` into its two parts; without `@` the second is None."""
    id_, at, rest = text.partition("@")
    return id_, rest if at else None

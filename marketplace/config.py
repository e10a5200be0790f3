"""Settings: what they are, and where each value comes from.

Precedence: command line > environment `GGEN_*` > the project's `ggen.toml` `[market]` > the home's `config.toml` >
default. Reading is cheap: a TOML parser is imported only when there is a file with settings in it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from marketplace.errors import InvalidInputError

PROJECT_FILE = "ggen.toml"
HOME_FILE = "config.toml"
MAX_BYTES = 1024 * 1024
"""Longest settings file read, in bytes."""
MAX_LOCK_TIMEOUT = 86_400.0
"""Longest time-out accepted for a lock, in seconds: one day."""

Value = str | int | float | bool | Path | None


def _text(value: object) -> Value:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("a printable text")
    return value.strip()


def _path(value: object) -> Value:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("a path")
    return Path(value)


def _one_of(*choices: str) -> Callable[[object], Value]:
    def parse(value: object) -> Value:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return parse


def _flag(value: object) -> Value:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    found = value if isinstance(value, bool) else words.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("true or false")
    return found


def _whole(low: int, high: int) -> Callable[[object], Value]:
    def parse(value: object) -> Value:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return parse


def _seconds(value: object) -> Value:
    wanted = f"a number of seconds from 0 to {MAX_LOCK_TIMEOUT:.0f}"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(wanted)  # noqa: TRY004 - one error type for bad values
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(wanted) from None
    if not 0 <= number <= MAX_LOCK_TIMEOUT:  # NaN fails too
        raise ValueError(wanted)
    return number


class Setting(NamedTuple):
    """A setting: how its value is read (`parse` raises ValueError with what is wanted) and its default.

    `in_files` is False for what no file may decide: a project that a user has cloned must not choose the home,
    with it the pins that the project's own packages are checked against.
    """

    name: str
    parse: Callable[[object], Value]
    default: Value
    summary: str
    in_files: bool = True

    @property
    def variable(self) -> str:
        """The environment variable: `GGEN_` and the name in capitals."""
        return "GGEN_" + self.name.upper()


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("home", _path, None, "the folder of keys, settings, the local registry and the cache", in_files=False),
        Setting("registry", _text, "local", "the registry that commands ask, or several: corp, public | mirror"),
        Setting("key", _text, None, "the signing key, when there are several"),
        Setting("color", _one_of("auto", "always", "never"), "auto", "colours in the output"),
        Setting("link_mode", _one_of("auto", "copy"), "auto", "link installed files to the store, or copy them"),
        Setting("lock_timeout", _seconds, 30.0, "seconds to wait for a lock that another process holds"),
        Setting("offline", _flag, False, "never ask the network"),
        Setting("prefer_offline", _flag, False, "ask the network only for what is not on this machine"),
        Setting("checkpoint_max_age", _whole(1, 365), 14, "days for which a registry's log may say nothing new"),
        Setting("minimum_grade", _one_of("A", "B", "C", "D", "F"), "F", "least quality that the local registry takes"),
        Setting("plugin_timeout", _seconds, 10.0, "seconds that a plugin may take for an answer"),
        Setting("search_limit", _whole(1, 100), 20, "results of a search on one page"),
    )
}
"""Every setting, by name."""

REGISTRIES = "registries"
"""The table of named registries. The home's file alone has one: a cloned project must not name an address."""

Kind = Literal["flag", "environment", "project", "home", "default"]


class Origin(NamedTuple):
    """Where a value comes from: `where` is the variable or the file, empty for the command line and the default."""

    kind: Kind
    where: str = ""

    def __str__(self) -> str:
        words = {"flag": "command line", "default": "default"}
        return words.get(self.kind) or f"{self.kind} {self.where}"


def default_home(environ: Mapping[str, str]) -> Path:
    """Return `$GGEN_HOME` (made absolute), or the platform's folder for a user's data."""
    if given := environ.get("GGEN_HOME"):
        return Path(given).absolute()
    from platformdirs import user_data_path

    return user_data_path("ggen", appauthor=False)


class Settings:
    """The values in force. Build with `load`."""

    def __init__(
        self, home: Path, layers: tuple[tuple[Origin, Mapping[str, object]], ...], registries: object = None
    ) -> None:
        self.home = home
        self.registries = registries
        """What the home's file has under `registries`, unchecked: None for nothing."""
        self._layers = layers

    @classmethod
    def load(cls, *, folder: Path, environ: Mapping[str, str], flags: Mapping[str, object]) -> "Settings":
        """Gather the settings for a command that works in `folder`.

        `flags` are the values given on the command line; names that are no settings and values that are None do not
        count. An empty environment variable counts as unset.

        Raises:
            InvalidInputError: `setting-unknown` (with `file`, `suggestions`), `setting-not-allowed` or
                `settings-unreadable`; values are checked when they are asked for.
        """
        given = {name: value for name, value in flags.items() if name in SETTINGS and value is not None}
        home = Path(str(given["home"])).absolute() if "home" in given else default_home(environ)
        layers = [(Origin("flag"), given), *_environment(environ)]
        if (project := _project_file(folder)) and (table := _read(project, inside="market")):
            layers.append((Origin("project", str(project)), table))
        kept = dict(_read(home / HOME_FILE, inside=None))
        registries = kept.pop(REGISTRIES, None)
        if kept:
            layers.append((Origin("home", str(home / HOME_FILE)), kept))
        return cls(home, tuple(layers), registries)

    @staticmethod
    def names() -> tuple[str, ...]:
        """Return the names of all settings."""
        return tuple(SETTINGS)

    def value(self, name: str) -> Value:
        """Return the value in force.

        Raises:
            InvalidInputError: `setting-invalid`, naming where the value stands; `setting-unknown`.
        """
        setting = _setting(name)
        if name == "home":
            return self.home
        for origin, values in self._layers:
            if name in values:
                return _checked(setting, values[name], str(origin))
        return setting.default

    def origin(self, name: str) -> Origin:
        """Tell where the value in force comes from.

        Raises:
            InvalidInputError: `setting-unknown`.
        """
        _setting(name)
        return next((origin for origin, values in self._layers if name in values), Origin("default"))

    def set(self, name: str, value: str) -> Path:
        """Write a setting into the home's `config.toml`, keep its comments and layout, and return the file.

        Raises:
            InvalidInputError: `setting-unknown`, `setting-invalid`, `setting-not-allowed` or `settings-unreadable`.
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
        """
        checked = _checked(_setting(name), value, "the new value")

        def change(document: Any) -> None:
            document[name] = checked

        return self._set(name, change)

    def unset(self, name: str) -> Path:
        """Remove a setting from the home's `config.toml`, if it is there, and return the file.

        Raises:
            InvalidInputError: `setting-unknown`, `setting-not-allowed` or `settings-unreadable`.
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
        """

        def change(document: Any) -> None:
            document.pop(name, None)

        return self._set(name, change)

    def _set(self, name: str, change: Callable[[Any], None]) -> Path:
        if not _setting(name).in_files:
            raise _not_allowed(name, self._file)
        return self.change(change)

    def change(self, change: Callable[[Any], None]) -> Path:
        """Let `change` edit the document of the home's `config.toml`, and return the file.

        Raises:
            InvalidInputError: `settings-unreadable`, or what `change` raises.
            UnavailableError: `lock-timeout`, `disk-full` or `store-unwritable`.
        """
        import tomlkit

        from marketplace.storage.files import disk_error, write_atomic
        from marketplace.storage.locks import FileLock

        timeout = self.value("lock_timeout")
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.home / "config.lock", purpose="changing the settings", timeout=float(str(timeout))):
                _read(self._file, inside=None)
                document = tomlkit.parse(self._file.read_bytes()) if self._file.exists() else tomlkit.document()
                change(document)
                write_atomic(self._file.resolve(), tomlkit.dumps(document).encode("utf-8"))
        except OSError as error:
            raise disk_error(error, str(self._file)) from error
        return self._file

    @cached_property
    def _file(self) -> Path:
        return self.home / HOME_FILE


def _environment(environ: Mapping[str, str]) -> Iterator[tuple[Origin, Mapping[str, object]]]:
    for setting in SETTINGS.values():
        if given := environ.get(setting.variable):
            yield Origin("environment", setting.variable), {setting.name: given}


def _project_file(folder: Path) -> Path | None:
    start = folder.absolute()
    candidates = (parent / PROJECT_FILE for parent in (start, *start.parents))
    return next((file for file in candidates if file.is_file()), None)


def _read(file: Path, *, inside: str | None) -> Mapping[str, object]:
    """Return the settings in a file (those of its table `inside`), with known names and unchecked values."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    if not data.strip() or (inside and not _may_name(inside, data)):
        return {}
    table = _parse(file, data)
    table = table.get(inside, {}) if inside else table
    if not isinstance(table, dict):
        raise _unreadable(file, f"[{inside}] is not a table")
    for name in table:
        if name == REGISTRIES and inside:
            hint = "name one of the home's registries with `registry`; `ggen market registry add` adds one to the home"
            message = f"{file} cannot have registries: an address comes from the home alone"
            raise InvalidInputError("setting-not-allowed", message, hint=hint, file=str(file))
        if name != REGISTRIES and not _setting(name, file).in_files:
            raise _not_allowed(name, file)
    return table


def _may_name(table: str, data: bytes) -> bool:
    """Whether a TOML document can have the table: saves most projects the parser. A key may be written in escapes."""
    return table.encode() in data or b"\\" in data


def _parse(file: Path, data: bytes) -> dict[str, Any]:
    import tomllib

    if len(data) > MAX_BYTES:
        raise _unreadable(file, f"it is longer than {MAX_BYTES} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(file, f"it is not valid TOML: {error}") from error


def _unreadable(file: Path, why: str) -> InvalidInputError:
    hint = "correct the file, or move it away"
    return InvalidInputError("settings-unreadable", f"{file} cannot be read: {why}", hint=hint, file=str(file))


def _setting(name: str, file: Path | None = None) -> Setting:
    if setting := SETTINGS.get(name):
        return setting
    import difflib

    close = difflib.get_close_matches(name, SETTINGS, n=2)
    hint = f"did you mean {' or '.join(close)}?" if close else f"the settings are {', '.join(SETTINGS)}"
    where = f" in {file}" if file else ""
    details = {"file": str(file)} if file else {}
    raise InvalidInputError(
        "setting-unknown", f"there is no setting {name[:80]!r}{where}", hint=hint, suggestions=close, **details
    )


def _not_allowed(name: str, file: Path) -> InvalidInputError:
    hint = f"use --{name} or the environment variable {SETTINGS[name].variable}"
    message = f"{name} cannot be set in a file such as {file}"
    return InvalidInputError("setting-not-allowed", message, hint=hint, file=str(file))


def _checked(setting: Setting, value: object, where: str) -> Value:
    try:
        return setting.parse(value)
    except ValueError as error:
        shown = repr(value)[:80]
        message = f"{setting.name} is {shown} ({where}), not {error}"
        hint = f"give {error}, or leave it out: the default is {setting.default}"
        raise InvalidInputError("setting-invalid", message, hint=hint, setting=setting.name, where=where) from None

"""Asking plugins: those that are installed and not blocked, one after another, each by itself.

One that fails is reported once, by name, and left out for the rest of the run; what was asked goes on without it,
unless the user requires it.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from marketplace.errors import UnavailableError
from marketplace.plugins.found import Plugin, concerned, plugins

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource
    from marketplace.plugins.choices import Choices, ChoiceStore
    from marketplace.plugins.editing import Change
    from marketplace.plugins.inside import Inside
    from marketplace.plugins.process import Process
    from marketplace.plugins.subjects import Subject
    from marketplace.plugins.types import Question
    from marketplace.plugins.verdicts import Told

_T = TypeVar("_T")


class Plugins:
    """The plugins of one run. Close it: it may have started processes.

    Args:
        store: what the user decided about them.
        notify: told of each plugin that fails.
        seconds: that each may take for an answer.
        path: the folders in which they are installed; `sys.path`.
    """

    def __init__(
        self, store: "ChoiceStore", *, notify: Callable[[str], None], seconds: float, path: list[str] | None = None
    ) -> None:
        self._store = store
        self._notify = notify
        self._seconds = seconds
        self._path = sys.path if path is None else path
        self._running: dict[str, Inside | Process] = {}
        self._failed: dict[str, str] = {}
        self._one_at_a_time = threading.Lock()

    @cached_property
    def found(self) -> tuple[Plugin, ...]:
        """Every plugin that is installed, whatever its state."""
        return plugins(self._path)

    @cached_property
    def choices(self) -> "Choices":
        """What the user decided.

        Raises:
            IntegrityError: `plugin-choices-damaged` or `plugin-choices-unsafe`.
        """
        return self._store.load()

    def concerned(self, hook: str) -> bool:
        """Say whether asking for a hook can make a difference: whether anybody has it, is refused, or is required."""
        return concerned(hook, self.found) or any(hook in hooks for hooks in self.choices.required.values())

    def check(self, hook: str, subject: "Subject") -> "tuple[Told, ...]":
        """Ask the plugins with `hook` about a package, and return all that they have found.

        Raises:
            UnavailableError: `plugin-required`, one that is required has not answered.
            MarketError: a file of the package cannot be read.
        """
        from marketplace.plugins.answers import findings
        from marketplace.plugins.types import Question
        from marketplace.plugins.verdicts import Told

        told: list[Told] = []
        answered = set()
        for plugin in self._asked(hook):
            question = Question(hook, subject.arguments(), subject.piece, subject.size)
            answer = self._answer(plugin, question, partial(findings, files=subject.files), subject.is_troubled)
            if subject.trouble:
                raise subject.trouble
            if answer is not None:
                answered.add(plugin.name)
                told += [Told(plugin.name, finding) for finding in answer]
        self._refuse_without(hook, answered, subject.name)
        return tuple(told)

    def rank(self, query: str, hits: Sequence[tuple[Any, ...]]) -> tuple[list[int], list[str]]:
        """Ask the plugins with `rank_hits` for an order of hits, each of them with the fields of `types.Hit`.

        Returns the places of the hits in the order wanted, and the names of the plugins that have answered.
        """
        from marketplace.plugins.answers import order
        from marketplace.plugins.types import Question

        places, names = list(range(len(hits))), []
        for plugin in self._asked("rank_hits"):
            there = [hits[place] for place in places]
            question = Question("rank_hits", {"query": query, "hits": there})
            answer = self._answer(plugin, question, partial(order, ids=[hit[0] for hit in there]))
            if answer is not None:
                places = [places[place] for place in answer]
                names.append(plugin.name)
        return places, names

    def transform(self, source: "PackageSource") -> "tuple[PackageSource, list[Change]]":
        """Have the plugins with `transform_manifest` mend a manifest, each what the one before has left.

        Returns the package as it is to be published, and what was changed by whom.
        """
        from marketplace.plugins.editing import changed
        from marketplace.plugins.subjects import described
        from marketplace.plugins.types import Question

        made: list[Change] = []
        for plugin in self._asked("transform_manifest"):
            question = Question("transform_manifest", {"manifest": described(source.manifest)})
            if answer := self._answer(plugin, question, partial(changed, source=source, plugin=plugin.name)):
                source = answer.source
                made += answer.changes
        return source, made

    def read(self, scheme: str, location: str, path: str, start: int) -> bytes | None:
        """Ask the plugin that brings a scheme for up to PIECE bytes of a file; None when there is no such file.

        Several threads may ask. Fewer bytes than PIECE are the last ones.

        Raises:
            PluginFailedError: it fails, or there is none that may be asked.
        """
        from marketplace.plugins.answers import data
        from marketplace.plugins.types import PIECE, PluginFailedError, Question

        arguments = {"location": location, "path": path, "start": start, "length": PIECE}
        with self._one_at_a_time:
            for plugin in self._asked("read_location"):
                if plugin.name == scheme:
                    answer = self._answer(plugin, Question("read_location", arguments), partial(data, length=PIECE))
                    if answer is not None:
                        return answer[0]
        raise PluginFailedError(self.failure_of(scheme))

    def failure_of(self, name: str) -> str:
        """Return why a plugin cannot be asked."""
        if name in self.choices.blocked:
            return "it is blocked"
        known = any(plugin.name == name for plugin in self.found)
        return self._failed.get(name) or ("it does not answer" if known else "it is not installed")

    def brings(self, scheme: str) -> bool:
        """Say whether a plugin that may be asked brings a scheme."""
        return any(plugin.name == scheme for plugin in self._asked("read_location"))

    def close(self) -> None:
        """End the processes of plugins."""
        for running in self._running.values():
            running.close()
        self._running.clear()

    def _asked(self, hook: str) -> Iterator[Plugin]:
        for plugin in self.found:
            if plugin.name in self._failed or (hook not in plugin.hooks and not plugin.problem):
                continue
            state = self.choices.state(plugin)
            if state == "refused":
                self._leave_out(plugin.name, plugin.problem)
            elif state != "blocked":
                yield plugin

    def _answer(
        self, plugin: Plugin, question: "Question", read: Callable[[Any], _T],
        troubled: Callable[[], bool] = lambda: False,
    ) -> _T | None:  # fmt: skip
        """Return what `read` makes of a plugin's answer; None when it has failed, which is told."""
        from marketplace.plugins.types import PluginFailedError

        try:
            return read(self._started(plugin).call(question))
        except PluginFailedError as error:
            if not troubled():
                self._leave_out(plugin.name, str(error))
            self._end(plugin.name)
            return None
        except BaseException:
            self._end(plugin.name)  # it may be waiting for a file still, and would take the next question for it
            raise

    def _end(self, name: str) -> None:
        if running := self._running.pop(name, None):
            running.close()

    def _started(self, plugin: Plugin) -> "Inside | Process":
        if plugin.name not in self._running:
            self._running[plugin.name] = self._start(plugin)
        return self._running[plugin.name]

    def _start(self, plugin: Plugin) -> "Inside | Process":
        if self.choices.state(plugin) == "trusted":
            from marketplace.plugins.inside import Inside

            return Inside(plugin)
        from marketplace.plugins.process import Limits, Process

        return Process(plugin, Limits(seconds=self._seconds), self._path)

    def _leave_out(self, name: str, why: str) -> None:
        self._failed[name] = why
        self._notify(f"the plugin {name} is left out: {why}")

    def _refuse_without(self, hook: str, answered: set[str], subject: str) -> None:
        for name, hooks in sorted(self.choices.required.items()):
            if hook in hooks and name not in answered:
                hint = f"mend or install it; `ggen market plugins unrequire {name}` goes on without it"
                message = (
                    f"{subject} was not looked at by the plugin {name}, which is required: {self.failure_of(name)}"
                )
                raise UnavailableError("plugin-required", message, hint=hint, plugin=name)

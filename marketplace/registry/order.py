"""Registries in their order: who is asked next, what each has said, and which has what.

`a, b` goes on to b only when a does not have it; `a | b` also when a cannot answer. A refusal and an answer that is
wrong never cross.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from marketplace.errors import DeniedError, MarketError, NotFoundError, UnavailableError
from marketplace.registries import Known, Member, binding_of
from marketplace.search.base import Source

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.registry.base import Registry

_T = TypeVar("_T")

_PRESENT = ("version-not-found",)
"""Codes that say that a registry has the package: the first that has it wins."""


class Order:
    """The registries `members`, opened when they are first asked.

    Args:
        known: the registries with their namespaces.
        opened: returns the registry of a name; it is called once for each.
    """

    def __init__(
        self, members: Sequence[Member], known: Mapping[str, Known], opened: "Callable[[str], Registry]"
    ) -> None:
        self._members = tuple(members)
        self._known = known
        self._open_one = opened
        self._open: dict[str, Registry] = {}
        self._outcomes: dict[str, str] = {}
        self._holders: dict[PackageId, str] = {}
        self._crossed = False

    # --- who ---------------------------------------------------------------------------------------------------------

    @property
    def opened(self) -> tuple[str, ...]:
        """The registries that have been asked something."""
        return tuple(self._open)

    def registry(self, name: str) -> "Registry":
        """Return a registry by its name."""
        if name not in self._open:
            self._open[name] = self._open_one(name)
        return self._open[name]

    def route(self, id_: "PackageId") -> tuple[Member, ...]:
        """Return who may be asked about a package: the registry that its namespace is bound to alone, else all."""
        bound = binding_of(self._known, str(id_))
        return (Member(bound),) if bound else self._members

    def holder(self, id_: "PackageId") -> str | None:
        """Return the registry that has answered for a package, None when nobody was asked yet."""
        return self._holders.get(id_)

    def home_of(self, id_: "PackageId") -> str:
        """Return the registry that has answered for a package, else the first that may be asked."""
        return self._holders.get(id_) or self.route(id_)[0].name

    # --- asking ------------------------------------------------------------------------------------------------------

    def ask(self, id_: "PackageId", question: "Callable[[Registry], _T]") -> _T:
        """Ask for something of a package: the first registry that has the package answers.

        Raises:
            MarketError: the most helpful of what they said; its `sources` say who was asked.
        """
        holder = self._holders.get(id_)
        route = (Member(holder),) if holder else self.route(id_)
        for name, value in self.answers(route, question):
            self._holders[id_] = name
            return value
        raise AssertionError  # pragma: no cover - a route that nobody answers raises

    def answers(self, route: Sequence[Member], question: "Callable[[Registry], _T]") -> Iterator[tuple[str, _T]]:
        """Yield each registry of a route that answers, with its answer, as far as the order lets the question go."""
        errors: list[MarketError] = []
        answered = False
        for name, crosses in route:
            try:
                value = question(self.registry(name))
            except MarketError as error:
                self._outcomes[name] = "found" if error.code in _PRESENT else outcome_of(error)
                if error.code in _PRESENT or not isinstance(error, NotFoundError | UnavailableError):
                    raise self.with_sources(error) from error
                errors.append(error)
                stops = isinstance(error, UnavailableError) and not crosses
                self._crossed |= isinstance(error, UnavailableError) and (answered or not stops)
                if stops:
                    break
            else:
                self._outcomes[name] = "found"
                answered = True
                yield name, value
        if not answered:
            raise self.with_sources(most_helpful(errors))

    def with_sources(self, error: MarketError) -> MarketError:
        """Return an error with who was asked in its details."""
        error.details.setdefault("sources", [source.to_json() for source in self.asked()])
        return error

    # --- what was said -----------------------------------------------------------------------------------------------

    def said(self, name: str, outcome: str) -> None:
        """Take note of what a registry said."""
        self._outcomes[name] = outcome

    def passed_over(self, name: str, error: MarketError) -> None:
        """Take note that another registry is asked, since this one does not have it or cannot answer."""
        self._outcomes[name] = outcome_of(error)
        self._crossed |= isinstance(error, UnavailableError)

    @property
    def degraded(self) -> bool:
        """Whether another registry, or an old answer, stood in for one that did not answer."""
        return self._crossed or any(registry.degraded for registry in self._open.values())

    def asked(self) -> tuple[Source, ...]:
        """Return the registries that were asked and what each said."""
        return tuple(Source(name, outcome, self._age(name)) for name, outcome in self._outcomes.items())

    def _age(self, name: str) -> int | None:
        registry = self._open.get(name)
        return registry.asked()[0].age if registry else None


def outcome_of(error: MarketError) -> str:
    """Return what a registry said by raising `error`."""
    kinds = ((NotFoundError, "absent"), (DeniedError, "denied"), (UnavailableError, "unavailable"))
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), "invalid")


def most_helpful(errors: Sequence[MarketError]) -> MarketError:
    """Return the error that helps most: that somebody could not answer, else one with suggestions, else the first."""
    for error in errors:
        if isinstance(error, UnavailableError):
            return error
    return next((error for error in errors if error.details.get("suggestions")), errors[0])

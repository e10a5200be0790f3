"""Why no choice of versions exists, in the user's terms, and what would work: found by trying it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from marketplace.errors import ConflictError, MarketError, NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.requirement import ANY, Requirement
from marketplace.project.candidates import Candidates, Demand, Impossible, TooDeep, within

MAX_SHOWN = 8
"""Versions and demands shown in a sentence; the details have all of them."""

MAX_WAYS_OUT = 3
MAX_TRIED = 20
"""Requirements of the project that are tried relaxed."""

_ROUNDS = 2_000


def explain(
    failure: Impossible | TooDeep, requirements: Mapping[PackageId, Requirement], candidates: Candidates
) -> MarketError:
    """Return the error that tells the user why resolving failed.

    ConflictError `unsatisfiable`, `versions-yanked`, `only-prereleases` or `resolution-too-deep`, or NotFoundError
    `dependency-missing`.
    """
    if isinstance(failure, TooDeep):
        return _too_deep(failure)
    demands = _by_package(failure.causes)
    for id_, group in demands.items():
        if not candidates.of(id_):
            return _missing(id_, group, candidates)
    for id_, group in demands.items():
        if special := _one_demand_alone(id_, group, candidates):
            return special
    return _unsatisfiable(demands, requirements, candidates)


def _by_package(causes: Iterable[Demand]) -> dict[str, list[Demand]]:
    """Group demands by the package they are about, each once, the project's own first."""
    grouped: dict[str, list[Demand]] = {}
    for demand in sorted(causes, key=lambda demand: (demand.id, _who(demand) != "ggen.toml", _who(demand))):
        group = grouped.setdefault(demand.id, [])
        if _phrase(demand) not in map(_phrase, group):
            group.append(demand)
    return grouped


def _who(demand: Demand) -> str:
    return str(demand.by) if demand.by else "ggen.toml"


def _phrase(demand: Demand) -> str:
    return f"{_who(demand)} needs {demand.requirement}"


def _facts(id_: str, group: Iterable[Demand], candidates: Candidates) -> dict[str, object]:
    return {
        "id": id_,
        "demands": [{"by": _who(demand), "requirement": str(demand.requirement)} for demand in group],
        "available": [str(item.release.version) for item in candidates.of(id_) if item.yanked is None],
        "yanked": {str(item.release.version): item.yanked for item in candidates.of(id_) if item.yanked is not None},
    }


def _short(items: Sequence[str]) -> str:
    shown = ", ".join(items[:MAX_SHOWN])
    return shown + (f" and {len(items) - MAX_SHOWN} more" if len(items) > MAX_SHOWN else "")


def _missing(id_: str, group: Sequence[Demand], candidates: Candidates) -> NotFoundError:
    close = candidates.suggestions.get(id_, [])
    needed_by = list(dict.fromkeys(_who(demand) for demand in group))
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif needed_by == ["ggen.toml"]:
        hint = f"correct the id in ggen.toml, or take it out: ggen market remove {id_}"
    else:
        hint = f"ask the publisher of {needed_by[0].partition('@')[0]} for a release that can be resolved"
    message = f"there is no package {id_}, which {_short(needed_by)} needs"
    return NotFoundError(
        "dependency-missing", message, hint=hint, id=id_, needed_by=needed_by, suggestions=close,
    )  # fmt: skip


def _one_demand_alone(id_: str, group: Sequence[Demand], candidates: Candidates) -> ConflictError | None:
    """Explain a demand that nothing meets although versions inside its bounds were published."""
    for demand in group:
        if any(candidates.admits(demand.requirement, item) for item in candidates.of(id_)):
            continue
        inside = [item for item in candidates.of(id_) if within(demand.requirement, item.release.version)]
        yanked = [item for item in inside if item.yanked is not None]
        if inside and len(yanked) == len(inside):
            return _only_yanked(demand, yanked, candidates)
        if inside:
            return _only_prereleases(demand, [item for item in inside if item.yanked is None], candidates)
    return None


def _only_yanked(demand: Demand, yanked: Sequence[ListedRelease], candidates: Candidates) -> ConflictError:
    reasons = _short([f"{item.release.version} ({item.yanked})" for item in yanked])
    message = f"every version of {demand.id} that fits is yanked: {reasons}; {_phrase(demand)}"
    usable = [str(item.release.version) for item in candidates.of(demand.id) if item.yanked is None]
    hint = f"not yanked: {_short(usable)}" if usable else "ask its publisher for a new version, or use another package"
    return ConflictError("versions-yanked", message, hint=hint, **_facts(demand.id, [demand], candidates))


def _only_prereleases(demand: Demand, found: Sequence[ListedRelease], candidates: Candidates) -> ConflictError:
    versions = [str(item.release.version) for item in found]
    message = f"only pre-releases of {demand.id} fit: {_short(versions)}; {_phrase(demand)}"
    if demand.by is None:
        hint = f"ask for them: ggen market add '{demand.id}@^{versions[0]}', or add --pre"
    else:
        hint = f"allow pre-releases everywhere with --pre, or ask the publisher of {demand.by.id} to name one"
    return ConflictError("only-prereleases", message, hint=hint, **_facts(demand.id, [demand], candidates))


def _unsatisfiable(
    demands: Mapping[str, Sequence[Demand]], requirements: Mapping[PackageId, Requirement], candidates: Candidates
) -> ConflictError:
    # The contradiction itself is the package for which no version suits all; others in the list led to it.
    contradicted = [id_ for id_, group in demands.items() if not _common(id_, group, candidates)]
    id_ = (contradicted or list(demands))[0]
    facts = _facts(id_, demands[id_], candidates)
    available = _short([str(version) for version in _list(facts["available"])]) or "none"
    phrases = "; ".join(_phrase(demand) for demand in demands[id_][:MAX_SHOWN])
    works = list(_ways_out(demands, requirements, candidates))
    hint = "ask the publishers for versions that fit together; no single requirement of ggen.toml is to blame"
    if works:
        hint = "this would work in ggen.toml: " + " or ".join(f'{id_} = "{requirement}"' for id_, requirement in works)
    return ConflictError(
        "unsatisfiable", f"no version of {id_} satisfies everybody: {phrases}; available: {available}",
        hint=hint, works=[{"id": id_, "requirement": requirement} for id_, requirement in works], **facts,
    )  # fmt: skip


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _common(id_: str, group: Sequence[Demand], candidates: Candidates) -> bool:
    return any(all(candidates.admits(demand.requirement, item) for demand in group) for item in candidates.of(id_))


def _ways_out(
    demands: Mapping[str, Sequence[Demand]], requirements: Mapping[PackageId, Requirement], candidates: Candidates
) -> Iterator[tuple[str, str]]:
    """Yield a project requirement and what to write instead: each alone makes the whole resolvable."""
    blamed = {demand.by.id.text for group in demands.values() for demand in group if demand.by} | set(demands)
    order = sorted(requirements, key=lambda id_: (id_.text not in blamed, id_))
    found = 0
    for id_ in order[:MAX_TRIED]:
        version = _version_when_relaxed(id_, requirements, candidates)
        if version is not None and found < MAX_WAYS_OUT:
            found += 1
            yield id_.text, f"^{version}"


def _version_when_relaxed(
    relaxed: PackageId, requirements: Mapping[PackageId, Requirement], candidates: Candidates
) -> str | None:
    from marketplace.project.backtracking import search

    roots = [Demand(id_.text, ANY if id_ == relaxed else wanted) for id_, wanted in sorted(requirements.items())]
    try:
        return str(search(roots, candidates, _ROUNDS)[relaxed.text].release.version)
    except (Impossible, TooDeep):
        return None


def _too_deep(failure: TooDeep) -> ConflictError:
    hint = "write narrower requirements into ggen.toml for the packages you know, then try again"
    message = f"no choice of versions was found in {failure.rounds:,} steps"
    return ConflictError("resolution-too-deep", message, hint=hint)

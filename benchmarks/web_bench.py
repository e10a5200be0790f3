"""Pages by the server's application in this process, to the first byte, beside documents and a bare framework."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from benchmarks.homes import registry_of, searchable
from benchmarks.in_process import application, ask
from benchmarks.measuring import Contestant, Row, Stage, contest, cpu_time
from marketplace.model.ids import PackageId
from marketplace.server.web import pages, publishers, views
from support.market.catalogs.catalogue_of_words import made_up

_SIZES = (1_000, 20_000, 100_000)
_GOAL = 1.0
"""Of the time in which a bare framework renders the same page from values that lie ready: ours is not rendered."""
_FLOOR = "floor: Starlette and Jinja2, the values lie ready"


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    return of_size(stage.pick(100_000, 20_000), stage)


def of_size(size: int, stage: Stage) -> Iterator[Row]:
    """Yield the rows of a registry of so many packages."""
    home = searchable(stage, size)
    ids = [document.id for document in made_up(size)]
    with asyncio.Runner() as runner:
        app = runner.run(application(home))
        yield from _Beside(runner, app, stage, f"of {size:,} packages").rows(home, ids)


class _Beside:
    """Measures `app` beside a bare framework. An answer is one piece: its first byte comes with its last."""

    def __init__(self, runner: asyncio.Runner, app: ASGIApp, stage: Stage, what: str) -> None:
        self._runner = runner
        self._app = app
        self._stage = stage
        self._what = what

    def rows(self, home: Path, ids: list[str]) -> Iterator[Row]:
        """Yield the rows."""
        page, document = f"/p/{ids[0]}", f"/packages/{ids[0]}.json"
        bare, turned = _bare(home, ids[0]), itertools.cycle(ids[1:])
        first = [self._act("the JSON document, asked for the first time", lambda: f"/packages/{next(turned)}.json"),
                 self._act(_FLOOR, lambda: page, app=bare)]  # fmt: skip
        yield from self._contest("page of a package, asked for the first time", lambda: f"/p/{next(turned)}", first)
        kept = [self._act("the JSON document, asked before", lambda: document),
                self._act(_FLOOR, lambda: page, app=bare, goal=_GOAL)]  # fmt: skip
        yield from self._contest("page of a package, asked before", lambda: page, kept)
        tags = {path: self._runner.run(ask(self._app, path))[0] for path in (page, document)}
        same = self._act("the JSON document, unchanged (304)", lambda: document, tag=tags[document])
        yield from self._contest("page of a package, unchanged (304)", lambda: page, [same], tags[page])
        for path, name in (("/", "first page"), (f"/n/{ids[0].rpartition('.')[0]}", "page of a namespace")):
            same_path = itertools.repeat(path).__next__
            ready = self._act(_FLOOR, same_path, app=bare, goal=_GOAL)
            yield from self._contest(f"{name}, asked before", same_path, [ready])

    def _contest(self, name: str, path: Callable[[], str], others: list[Contestant], tag: bytes = b"") -> Iterator[Row]:
        ours, rounds = self._act(name, path, tag=tag), self._stage.pick(31, 5)
        ours.act()  # whatever is kept is made
        yield from contest(f"{name}, {self._what}", ours, others, rounds)
        yield from contest(f"{name}, {self._what}, processor time", ours, others, rounds, cpu_time)

    def _act(
        self, name: str, path: Callable[[], str], *, app: ASGIApp | None = None, tag: bytes = b"",
        goal: float | None = None,
    ) -> Contestant:  # fmt: skip
        per, status = self._stage.pick(50, 10), 304 if tag else 200

        async def often() -> None:
            for _ in range(per):
                await ask(app or self._app, path(), tag=tag, status=status)

        return Contestant(name, lambda: self._runner.run(often()), per=per, goal=goal)


def _bare(home: Path, id_: str) -> Starlette:
    """Return an application that renders the product's templates with values that lie ready, and does nothing else."""
    registry = registry_of(home)
    templates = pages.environment(registry.name)
    namespace = id_.rpartition(".")[0]
    given: dict[str, tuple[str, object]] = {
        "/": ("front.html", views.front(registry)),
        f"/p/{id_}": ("package.html", views.package(registry, PackageId.parse(id_), None)),
        f"/n/{namespace}": ("namespace.html", publishers.namespace(registry, namespace, 0)),
    }

    async def shown(request: Request) -> Response:
        name, view = given[request.url.path]
        return HTMLResponse(templates.get_template(name).render(view=view))

    return Starlette(routes=[Route(path, shown) for path in given])


PARTS: dict[str, Callable[[Stage], Iterator[Row]]] = {str(size): partial(of_size, size) for size in _SIZES}

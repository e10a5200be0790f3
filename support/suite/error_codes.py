"""The error codes that the code can raise, read from its syntax trees, and those that docs/errors.md lists.

A code is the first argument of an error's class, or the third of an import's Problem: a text, a name that the function
assigns texts to, or a parameter of the function; then the calls of that function are looked at in turn, and what
stands before the parameter in an f-string is the beginning of the code.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import marketplace
from marketplace import errors

_ROOT = Path(marketplace.__file__).parent
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \| ([0-9]|\u2013) \|", re.MULTILINE)
_CLASSES = {
    name: str(found.exit_code)
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.MarketError)
}
_NONE = "\u2013"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Module:
    """A file of the product: the values of its tables, and what it imports by name, each with its module's file."""

    folder: Path
    name: str
    tables: Mapping[str, ast.expr] = field(compare=False)
    imported: frozenset[tuple[str, str]] = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Source:
    """A callable that takes a code: where it is, the place and name of that argument, what stands before, the exit."""

    module: "_Module | None"
    callable: str
    place: int
    argument: str
    prefix: str
    exit: str

    def is_called(self, call: ast.Call, module: "_Module") -> bool:
        """Tell whether a call in `module` is one of this: names are unique in a folder only."""
        name, of = call.func, ""
        if isinstance(name, ast.Attribute):
            of = name.value.id if isinstance(name.value, ast.Name) else ""
        if self.callable != (name.id if isinstance(name, ast.Name) else getattr(name, "attr", "")):
            return False
        if self.module is None or self.callable.startswith("_"):
            return self.module in (None, module)
        imported = f"{of}.py" == self.module.name or (self.callable, self.module.name) in module.imported
        return module.folder == self.module.folder or imported


def documented(text: str) -> dict[str, str]:
    """Return code to exit of the table in docs/errors.md."""
    return dict(_ROW.findall(text))


def raised() -> dict[str, set[str]]:
    """Return each code in marketplace/ with the exits it is raised with."""
    functions = list(_functions())
    sources = [_Source(None, name, 0, "code", "", code) for name, code in _CLASSES.items()]
    sources += [_Source(None, "Problem", 2, "code", "", _NONE), _Source(None, "Check", 4, "code", "", "")]
    found: dict[str, set[str]] = {}
    known = set(sources)
    while sources:
        source = sources.pop()
        for module, function in functions:
            for argument in _arguments(module, function, source):
                for code in _texts(module, function, argument):
                    found.setdefault(source.prefix + code, set()).add(source.exit)
                new = _forwarding(module, function, argument, source)
                if new and new not in known:
                    known.add(new)
                    sources.append(new)
    return {code: exits for code, exits in found.items() if _CODE.fullmatch(code)}


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.name, f"{node.module.rpartition('.')[2]}.py") for alias in node.names)


def _functions() -> Iterator[tuple[_Module, _Function]]:
    for path in sorted(_ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = {name: node.value for node in tree.body if isinstance(node, ast.Assign) for name in _names(node)}
        module = _Module(path.parent, path.name, tables, frozenset(_imported(tree)))
        yield from ((module, node) for node in ast.walk(tree) if isinstance(node, _Function))


def _arguments(module: _Module, function: _Function, source: _Source) -> Iterator[ast.expr]:
    """Yield what `function` hands to `source` as the code."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and source.is_called(node, module):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == source.argument)
            yield from node.args[source.place : source.place + 1]


def _texts(module: _Module, function: _Function, argument: ast.expr) -> Iterator[str]:
    """Yield the codes that an argument may be: its own texts, or those that its name is given in the function."""
    if not isinstance(argument, ast.Name):
        yield from () if isinstance(argument, ast.JoinedStr) else _constants(argument)
        return
    given = {name: node.value for node in ast.walk(function) if isinstance(node, ast.Assign) for name in _names(node)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and argument.id in _names(node):
            yield from _constants(node.value)
            used = [name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)]
            tables = [{**module.tables, **given}[name] for name in used if name in module.tables or name in given]
            yield from (text for table in tables for text in _constants(table) if "-" in text)


def _names(node: ast.Assign) -> set[str]:
    return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _constants(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def _forwarding(module: _Module, function: _Function, argument: ast.expr, source: _Source) -> _Source | None:
    """Return `function` as a source of its own when the code is one of its parameters."""
    prefix, wanted = source.prefix, argument
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[-1], ast.FormattedValue):
        prefix += "".join(str(part.value) for part in argument.values[:-1] if isinstance(part, ast.Constant))
        wanted = argument.values[-1].value
    parameters = [item.arg for item in (*function.args.args, *function.args.kwonlyargs)]
    if not isinstance(wanted, ast.Name) or wanted.id not in parameters:
        return None
    place = parameters.index(wanted.id) - (parameters[0] in ("self", "cls"))
    return _Source(module, function.name, place, wanted.id, prefix, source.exit)


def differences(table: Mapping[str, str], code: Mapping[str, set[str]]) -> list[str]:
    """Return what the table lacks, what it has too much, and exits that no raise of the code has."""
    lacking = [f"{name} is raised with exit {sorted(code[name])}, not listed" for name in code.keys() - table.keys()]
    spare = [f"{name} is listed, but nothing raises it" for name in table.keys() - code.keys()]
    wrong = [
        f"{name} is listed with exit {table[name]}, raised with {sorted(code[name])}"
        for name in table.keys() & code.keys()
        if not ({table[name], ""} & code[name]) or ((code[name] - {"", _NONE}) and table[name] == _NONE)
    ]
    return sorted([*lacking, *spare, *wrong])

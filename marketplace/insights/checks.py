"""The checks of documentation, tests and completeness: each looks at one thing and says what it found and where."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from marketplace.insights.subject import Subject
from marketplace.insights.wording import Prose, examples_in, words_of
from marketplace.model.manifest import FILE_NAME, Template
from marketplace.scaffold import DESCRIPTION

State = Literal["met", "not met", "unknown"]

LEAST_README, DEEP_README = 60, 200
"""Words of its own that a README has at least, and one that goes into depth."""

_LEAST_DESCRIPTION = 8
_LEAST_LICENSE = 50

_LICENSES = frozenset((
    "0BSD", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause",
    "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CDDL-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0",
    "EUPL-1.2", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "MS-PL", "MulanPSL-2.0",
    "NCSA", "OFL-1.1", "OSL-3.0", "PostgreSQL", "Python-2.0", "UPL-1.0", "Unicode-3.0", "Unlicense", "W3C", "WTFPL",
    "Zlib",
))  # fmt: skip
"""Identifiers of the SPDX licence list (3.24): licences approved by OSI that packages use, and Creative Commons."""


class Finding(NamedTuple):
    """What a check found: its state, and a sentence that names the file, field or number."""

    state: State
    evidence: str


Check = Callable[[Subject], Finding]


def met(evidence: str) -> Finding:
    """Return that the check is met."""
    return Finding("met", evidence)


def not_met(evidence: str) -> Finding:
    """Return that the check is not met."""
    return Finding("not met", evidence)


def unknown(evidence: str) -> Finding:
    """Return that it cannot be told."""
    return Finding("unknown", evidence)


def decided(wanted: object, evidence: str) -> Finding:
    """Return that the check is met if `wanted` is true of it."""
    return Finding("met" if wanted else "not met", evidence)


def _readme(subject: Subject, least: int) -> Finding:
    manifest, prose = subject.facts.manifest, subject.facts.prose
    if not manifest.readme:
        return not_met(f"{FILE_NAME} names no readme")
    if prose.filler:
        return not_met(f"{manifest.readme} is filler: words such as lorem, ipsum or TODO")
    own, name = subject.own_words, manifest.readme
    said = f"{name} says {own} words of its own, of {prose.words}; {least} are wanted"
    if subject.copied and (source := _copied_from(subject)):
        return decided(own >= least, f"{said}; {source}")
    if subject.copied is None and own >= least:
        return unknown(f"{name} says {own} words; whether another package said them before, the registry tells")
    return decided(own >= least, said)


def _copied_from(subject: Subject) -> str:
    copied, marks = subject.copied or {}, subject.facts.prose.marks
    id_, count = max(copied.items(), key=lambda item: (item[1], item[0]))
    return f"{100 * count // len(marks)} % of its text stands in {id_}, which was published before"


def _example(subject: Subject) -> Finding:
    if subject.facts.prose.marks and not subject.own_words:
        return not_met(f"{subject.facts.manifest.readme} is another package's: {_copied_from(subject)}")
    lines = examples_in(subject.facts.readme)
    return decided(lines, f"lines in code blocks of the README: {lines}")


def _description(subject: Subject) -> Finding:
    manifest = subject.facts.manifest
    if manifest.description == DESCRIPTION:
        return not_met("description is the one that `ggen market init` writes")
    rest = set(words_of(manifest.description)) - set(words_of(manifest.title))
    filler = Prose.of(manifest.description).filler
    found = f"description has {len(rest)} different words beside the title's; {_LEAST_DESCRIPTION} are wanted"
    return not_met("description is filler") if filler else decided(len(rest) >= _LEAST_DESCRIPTION, found)


def _templates_described(subject: Subject) -> Finding:
    templates = subject.facts.manifest.templates
    if not templates:
        return not_met(f"{FILE_NAME} lists no [[template]]")
    said = [" ".join(words_of(template.description)) for template in templates]
    good = sum(bool(text) and said.count(text) == 1 for text in said)
    return decided(good == len(said), f"templates with a description of their own: {good} of {len(said)}")


def _variables_described(subject: Subject) -> Finding:
    templates = subject.facts.manifest.templates
    variables = [variable for template in templates for variable in template.variables]
    if not templates:
        return not_met(f"{FILE_NAME} lists no [[template]]")
    good = sum(bool(set(words_of(item.description)) - {item.name.casefold()}) for item in variables)
    return decided(good == len(variables), f"variables with a description: {good} of {len(variables)}")


def _tests(subject: Subject) -> Finding:
    facts = subject.facts
    found = f"files under tests/ with content of their own: {len(facts.tests)} of {facts.test_files}"
    return decided(facts.tests, found if facts.test_files else "there is no folder tests")


def _names_outputs(subject: Subject) -> Finding:
    facts = subject.facts
    templates = facts.manifest.templates
    if not templates:
        return not_met(f"{FILE_NAME} lists no [[template]] that tests could name")
    texts = " ".join((*facts.tests, *map(facts.text, facts.tests)))
    named = sum(any(name in texts for name in _names_of(template)) for template in templates)
    return decided(
        2 * named >= len(templates), f"the tests name {named} of {len(templates)} templates or their outputs"
    )


def _names_of(template: Template) -> Iterator[str]:
    return (path.rpartition("/")[2] for path in (template.path, template.output) if path)


def _expected(subject: Subject) -> Finding:
    expected = subject.facts.expected
    return decided(
        expected, f"{expected[0]} is one of {len(expected)}" if expected else "tests/ has no expected output"
    )


def _license(subject: Subject) -> Finding:
    text = subject.facts.manifest.license
    names = text.replace("(", " ").replace(")", " ").split()
    parts = [name for name in names if name not in ("AND", "OR", "WITH")]
    good = bool(parts) and all(name.removesuffix("+") in _LICENSES for name in parts)
    return decided(good, f"license is {text!r}" + ("" if good else ", which is no SPDX identifier known here"))


def _license_text(subject: Subject) -> Finding:
    path = subject.facts.license_file
    if path is None:
        return not_met("there is no file LICENSE")
    said = Prose.of(subject.facts.text(path)).said
    return decided(said >= _LEAST_LICENSE, f"{path} says {said} words; {_LEAST_LICENSE} are wanted")


def _authors(subject: Subject) -> Finding:
    authors = subject.facts.manifest.authors
    return decided(authors, f"authors named: {len(authors)}")


def _links(subject: Subject) -> Finding:
    manifest = subject.facts.manifest
    found = manifest.repository or manifest.homepage
    return decided(found, f"{found} is given" if found else "neither repository nor homepage is given")


def _found_by(subject: Subject) -> Finding:
    manifest = subject.facts.manifest
    known = set(words_of(str(manifest.id)))
    telling = {word for word in map(str.casefold, (*manifest.tags, *manifest.keywords)) if set(words_of(word)) - known}
    category = f"category is {manifest.category!r}" if manifest.category else "there is no category"
    found = f"{category}, and {len(telling)} tags and keywords are not in the id"
    return decided(manifest.category and len(telling) >= 2, found)


def _content(subject: Subject) -> Finding:
    content = subject.facts.content
    return decided(
        content, f"{content[0]} is content; files like it: {len(content)}" if content else "no file is content"
    )


CONTENT_CHECKS: Mapping[str, Check] = {
    "readme": lambda subject: _readme(subject, LEAST_README),
    "readme-depth": lambda subject: _readme(subject, DEEP_README),
    "readme-example": _example,
    "description": _description,
    "templates-described": _templates_described,
    "variables-described": _variables_described,
    "tests": _tests,
    "tests-name-outputs": _names_outputs,
    "expected-outputs": _expected,
    "license": _license,
    "license-text": _license_text,
    "authors": _authors,
    "links": _links,
    "found-by": _found_by,
    "content": _content,
}
"""The checks by the names of their rules."""

"""The one table of the quality score: what earns how many points, and from how many points on a grade is given.

The six dimensions and their weights are a choice (docs/adr/0125); where an idea comes from is in docs/quality.md.
"""

from typing import Literal, NamedTuple

Dimension = Literal["documentation", "tests", "maintenance", "security", "completeness", "reproducibility"]

VERSION = 1
"""Raised when a rule changes its name, points or meaning: scores by different versions are not comparable."""


class Rule(NamedTuple):
    """A check: the points that it earns when it is met, and what a publisher does to earn them."""

    dimension: Dimension
    name: str
    points: int
    earn: str


RULES: tuple[Rule, ...] = (
    Rule("documentation", "readme", 7, "write a README of 60 words or more of your own, and name it in package.toml"),
    Rule("documentation", "readme-depth", 4, "let the README say 200 words or more of its own"),
    Rule("documentation", "readme-example", 5, "show an example in a code block of the README"),
    Rule("documentation", "description", 3, "describe the package in 8 words or more that are not its title"),
    Rule("documentation", "templates-described", 3, "give each [[template]] a description of its own"),
    Rule("documentation", "variables-described", 3, "give each variable of each [[template]] a description"),
    Rule("tests", "tests", 6, "put tests with content of their own under tests/"),
    Rule("tests", "tests-name-outputs", 5, "let the tests name half of the templates, or what they write, or more"),
    Rule("tests", "expected-outputs", 4, "keep an expected output under tests/, in a folder expected or golden"),
    Rule("maintenance", "changelog", 4, "say what changed in CHANGELOG.md, under the version, in 5 telling words"),
    Rule("maintenance", "changed", 3, "publish a version when more than its number and changelog has changed"),
    Rule("maintenance", "followed-up", 3, "publish a changed version a day or more after another one"),
    Rule("maintenance", "kept-up", 3, "publish four changed versions, each a week or more after the one before"),
    Rule("maintenance", "few-yanks", 2, "keep the yanked versions below a quarter of all, from the second version on"),
    Rule("security", "signature", 6, "sign with the key that is pinned for the namespace"),
    Rule("security", "same-key", 2, "sign with the key that signed the version before"),
    Rule("security", "no-secrets", 5, "take private keys and tokens out of the files, and keep the text below 2 MiB"),
    Rule("security", "no-programs", 5, "ship sources and templates, no compiled programs"),
    Rule("security", "https", 2, "give homepage and repository as https addresses"),
    Rule("completeness", "license", 3, "name the licence by its SPDX identifier"),
    Rule("completeness", "license-text", 2, "add the licence's text as LICENSE"),
    Rule("completeness", "authors", 2, "name the authors"),
    Rule("completeness", "links", 2, "give the address of a repository or homepage"),
    Rule("completeness", "found-by", 3, "give a category, and two tags or keywords that are not in the id"),
    Rule("completeness", "content", 3, "ship at least one file that is no document, test or licence, and not empty"),
    Rule("reproducibility", "bounded-requirements", 4, "give each dependency an upper bound, such as ^1.2"),
    Rule("reproducibility", "variables-agree", 3, "declare each variable that a template asks for, and no other"),
    Rule("reproducibility", "no-leftovers", 3, "take out what tools leave behind: caches, backups, editor files"),
)  # fmt: skip
"""Every rule, in the order in which they are shown. The points of all are 100."""

DIMENSIONS: tuple[Dimension, ...] = tuple(dict.fromkeys(rule.dimension for rule in RULES))

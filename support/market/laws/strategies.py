"""Hypothesis strategies for the values of the model."""

from hypothesis import strategies as st

from marketplace.model.canonical import MAX_DEPTH
from marketplace.model.ids import WINDOWS_RESERVED, PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.requirement import Requirement
from marketplace.model.tree import Tree, TreeEntry
from marketplace.model.version import Version

MAX_SAFE = 2**53 - 1

digests = st.binary(min_size=32, max_size=32).map(lambda data: "sha256:" + data.hex())
segments = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True).filter(
    lambda text: text not in WINDOWS_RESERVED
)
ids = st.lists(segments, min_size=2, max_size=5).map(lambda parts: PackageId.parse(".".join(parts)))

_numbers = st.integers(0, 3) | st.integers(0, MAX_SAFE)
_pre_part = st.sampled_from(["0", "1", "2", "10", "a", "A", "alpha", "rc", "a-b", "-", "0a", "1-0"]) | st.from_regex(
    r"[0-9A-Za-z-]{1,4}", fullmatch=True
).filter(lambda text: not (text.isdigit() and len(text) > 1 and text[0] == "0"))
_build_part = st.from_regex(r"[0-9A-Za-z-]{1,4}", fullmatch=True)


def _dotted(part: st.SearchStrategy[str], mark: str) -> st.SearchStrategy[str]:
    return st.just("") | st.lists(part, min_size=1, max_size=3).map(lambda parts: mark + ".".join(parts))


version_texts = st.builds(
    lambda major, minor, patch, pre, build: f"{major}.{minor}.{patch}{pre}{build}",
    _numbers, _numbers, _numbers, _dotted(_pre_part, "-"), _dotted(_build_part, "+"),
)  # fmt: skip
versions = version_texts.map(Version.parse)

close_versions = st.builds(
    lambda pre, build: Version.parse(f"1.0.0{pre}{build}"),
    _dotted(st.integers(0, 30).map(str) | _pre_part, "-"),
    _dotted(_build_part, "+"),
)
"""Versions that differ after the numbers alone."""

small_versions = st.builds(
    lambda major, minor, patch, pre: Version.parse(f"{major}.{minor}.{patch}{pre}"),
    st.integers(0, 3), st.integers(0, 3), st.integers(0, 3),
    st.sampled_from(["", "", "-0", "-alpha", "-alpha.1", "-rc"]),
)  # fmt: skip
"""Versions of a universe so small that bounds are often hit."""

partial_versions = st.builds(
    lambda numbers, count, pre: ".".join(map(str, numbers[:count])) + (pre if count == 3 else ""),
    st.tuples(*[st.integers(0, 3)] * 3), st.integers(1, 3), st.sampled_from(["", "", "-alpha", "-rc"]),
)  # fmt: skip
operators = st.sampled_from(["", "^", "~", "=", "<", "<=", ">", ">="])
requirement_parts = st.tuples(operators, partial_versions)
requirements = st.lists(requirement_parts, min_size=1, max_size=3).map(
    lambda parts: Requirement.parse(", ".join(operator + body for operator, body in parts))
)

json_scalars = st.none() | st.booleans() | st.integers(-MAX_SAFE, MAX_SAFE) | st.text()
json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
"""Values with a canonical form; far less deep than MAX_DEPTH."""
assert MAX_DEPTH > 20

_paths = st.lists(st.text("abcXYZ0._-é漢 ", min_size=1, max_size=6), min_size=1, max_size=4).map("/".join)
tree_entries = st.builds(TreeEntry, _paths, st.booleans(), st.integers(0, 10**15), digests)
trees = st.lists(tree_entries, max_size=8, unique_by=lambda entry: entry.path).map(Tree.of)

keys = st.binary(min_size=32, max_size=32).map(lambda data: "ed25519:" + data.hex())
signatures = st.binary(min_size=64, max_size=64).map(bytes.hex)
_moments = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
_dependencies = st.dictionaries(ids, requirements, max_size=4).map(lambda found: tuple(sorted(found.items())))
_sizes = st.integers(0, MAX_SAFE)

releases = st.builds(
    Release, id=ids, version=versions, content_id=digests, size=_sizes, files=_sizes, dependencies=_dependencies,
    manifest=digests, published_at=_moments, key=keys, signature=signatures,
)  # fmt: skip
yanks = st.builds(
    YankRecord, st.sampled_from(["yank", "unyank"]), ids, versions, reason=st.text(max_size=40), at=_moments, key=keys,
    signature=signatures,
)  # fmt: skip

"""Properties that hold for every value: each is checked by Hypothesis with fixed seeds, so a run repeats."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import semver
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.requirement import Requirement
from marketplace.model.tree import Tree
from marketplace.model.version import Version
from marketplace.security.keys import Signer
from support.market.laws import strategies as values
from support.market.laws.vectors import ACCEPTED, verdict

_settings = settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def _hold(*inputs: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    def decorate(law: Callable[..., None]) -> Callable[[], None]:
        return _settings(given(*inputs)(law))

    return decorate


# --- signatures --------------------------------------------------------------------------------------------------


def check_flipped_bits(part: str) -> None:
    """Refuse a signature when one bit of `part` (signature, message or key) is flipped."""

    @_hold(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=64), st.integers(0))
    def law(seed: bytes, message: bytes, bit: int) -> None:
        signer = Signer.from_seed("any", seed)
        sent = {"signature": bytes.fromhex(signer.sign(message)), "message": message, "key": _key_bytes(signer)}
        assert _verdict(sent) == ACCEPTED
        sent[part] = _flip(sent[part], bit)
        assert _verdict(sent) != ACCEPTED, (part, bit, seed, message)

    law()


def _key_bytes(signer: Signer) -> bytes:
    return bytes.fromhex(signer.public.removeprefix("ed25519:"))


def _verdict(sent: dict[str, bytes]) -> str:
    return verdict("ed25519:" + sent["key"].hex(), sent["signature"].hex(), sent["message"])


def _flip(data: bytes, bit: int) -> bytes:
    place = bit % (len(data) * 8)
    return (int.from_bytes(data, "big") ^ (1 << place)).to_bytes(len(data), "big")


# --- canonical JSON --------------------------------------------------------------------------------------------------


@_hold(values.json_values)
def json_round_trip(value: object) -> None:
    """What is encoded and decoded is the same value, and encoded again the same bytes."""
    data = canonical.encode(value)
    assert canonical.decode(data) == value
    assert canonical.encode(canonical.decode(data)) == data


@_hold(values.json_values)
def json_is_json(value: object) -> None:
    """The encoding is JSON: an ordinary reader finds the same value."""
    assert json.loads(canonical.encode(value)) == value


@_hold(st.dictionaries(st.text(max_size=6), values.json_scalars, min_size=2, max_size=6), st.randoms())
def json_order(value: dict[str, object], random: Any) -> None:
    """The order in which an object was filled does not show in its encoding."""
    items = list(value.items())
    random.shuffle(items)
    assert canonical.encode(dict(items)) == canonical.encode(value)


@_hold(values.json_values, st.sampled_from([" ", "\n", "\t"]), st.integers(0))
def json_one_spelling(value: object, blank: str, place: int) -> None:
    """White space anywhere outside of a text makes another spelling, which is refused."""
    text = canonical.encode(value).decode()
    spots = [spot for spot in range(len(text) + 1) if _same(text[:spot] + blank + text[spot:], value)]
    assume(spots)
    spot = spots[place % len(spots)]
    _refused(lambda: canonical.decode((text[:spot] + blank + text[spot:]).encode()))


def _same(text: str, value: object) -> bool:
    try:
        return bool(json.loads(text) == value)
    except ValueError:
        return False


@_hold(st.binary(max_size=60))
def json_any_bytes(data: bytes) -> None:
    """Any bytes are either the canonical form of a value or refused as such: nothing else is raised."""
    try:
        value = canonical.decode(data)
    except IntegrityError as error:
        assert error.code == "record-not-canonical"
    else:
        assert canonical.encode(value) == data


# --- records and trees -----------------------------------------------------------------------------------------------


@_hold(values.releases)
def release_round_trip(release: Release) -> None:
    """A release survives its record, and its statement does not hold its signature."""
    assert Release.decode(release.encode()) == release
    assert release.signed("").statement() == release.statement()
    assert release.signature.encode() not in release.statement()


@_hold(values.yanks)
def yank_round_trip(record: YankRecord) -> None:
    """A yank survives its record."""
    assert YankRecord.decode(record.encode()) == record


@_hold(values.releases, values.releases)
def statements_differ(one: Release, other: Release) -> None:
    """Two releases have one statement only when they are the same release."""
    same = one.signed("") == other.signed("")
    assert (one.statement() == other.statement()) is same


@_hold(values.releases, st.data())
def release_damage(release: Release, data: Any) -> None:
    """A record with one byte changed is refused or is another record: it is never read as the same release."""
    record = release.encode()
    place = data.draw(st.integers(0, len(record) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != record[place]))
    damaged = record[:place] + bytes([byte]) + record[place + 1 :]
    try:
        assert Release.decode(damaged) != release
    except IntegrityError as error:
        assert error.code in ("record-not-canonical", "record-malformed")


@_hold(values.trees)
def tree_round_trip(tree: Tree) -> None:
    """A tree survives its encoding, content id included."""
    again = Tree.decode(tree.encoded)
    assert (again, again.content_id) == (tree, tree.content_id)


@_hold(values.trees, st.randoms())
def tree_order(tree: Tree, random: Any) -> None:
    """The order in which files are found does not matter."""
    entries = list(tree)
    random.shuffle(entries)
    assert Tree.of(entries).content_id == tree.content_id


@_hold(values.trees, values.trees)
def trees_differ(one: Tree, other: Tree) -> None:
    """Two trees share a content id only when they hold the same files."""
    assert (one.content_id == other.content_id) is (one == other)


# --- ids ---------------------------------------------------------------------------------------------------------


@_hold(values.ids)
def id_parts(id_: PackageId) -> None:
    """An id is its namespace, a dot and its name, and parses to itself."""
    assert f"{id_.namespace}.{id_.name}" == str(id_)
    assert PackageId.parse(str(id_)) == id_


@_hold(st.text(max_size=20) | values.ids.map(str).map(str.upper) | values.ids.map(lambda id_: f"{id_}."))
def id_or_refusal(text: str) -> None:
    """Any text is either an id of the documented form or refused with its code."""
    try:
        id_ = PackageId.parse(text)
    except InvalidInputError as error:
        assert error.code == "invalid-package-id"
    else:
        assert str(id_) == text == text.lower()
        assert text.isascii() and text.count(".") >= 1 and ".." not in text


# --- versions ----------------------------------------------------------------------------------------------------


@_hold(values.versions | values.close_versions, values.versions | values.close_versions)
def version_order(one: Version, other: Version) -> None:
    """Any two versions compare as the semver library compares them."""
    expected = semver.Version.parse(str(one)).compare(str(other))
    found = (one.precedence > other.precedence) - (one.precedence < other.precedence)
    assert found == expected, (str(one), str(other))
    assert ((one < other), (one > other)) == (expected < 0, expected > 0)
    assert ((one <= other), (one >= other)) == (expected <= 0, expected >= 0)


@_hold(values.small_versions, values.small_versions, values.small_versions)
def version_transitive(a: Version, b: Version, c: Version) -> None:
    """Order is total and transitive: sorting any three gives one chain."""
    low, middle, high = sorted([a, b, c])
    assert low <= middle <= high and low <= high
    assert (a < b) + (b < a) + (a.precedence == b.precedence) == 1


@_hold(values.versions, st.from_regex(r"[0-9A-Za-z-]{1,5}", fullmatch=True))
def version_build(version: Version, build: str) -> None:
    """Build metadata changes the version's text and not its precedence."""
    other = Version.parse(str(version).partition("+")[0] + "+" + build)
    assert other.precedence == version.precedence
    assert (other == version) is (str(other) == str(version))


@_hold(st.text("0123456789.-+aZ \n٣", max_size=14))
def version_or_refusal(text: str) -> None:
    """Any text is a version exactly when the semver library says so, else refused with its code."""
    try:
        version = Version.parse(text)
    except InvalidInputError as error:
        assert error.code == "invalid-version"
        assert not semver.Version.is_valid(text)
    else:
        assert str(version) == text and semver.Version.is_valid(text)


# --- requirements ------------------------------------------------------------------------------------------------


def _oracle(operator: str, body: str, version: Version) -> bool:
    """Tell what Cargo's documentation says of one part of a requirement, for a version that is no pre-release.

    By enumeration of the numbers that are fixed, not by bounds as the product does it.
    """
    wanted = [int(number) for number in body.partition("-")[0].split(".")]
    have = list(version.triple)
    if operator in ("", "^"):
        nonzero = next((place for place, number in enumerate(wanted) if number), len(wanted) - 1)
        return have[: nonzero + 1] == wanted[: nonzero + 1] and _not_below(have, body)
    if operator == "~":
        fixed = min(len(wanted), 2)
        return have[:fixed] == wanted[:fixed] and _not_below(have, body)
    prefix = have[: len(wanted)]
    exact = len(wanted) == 3 and "-" in body  # a release is above every pre-release of its numbers
    above = prefix > wanted or (exact and prefix == wanted)
    below = prefix < wanted
    return {
        "=": prefix == wanted and not exact,
        ">": above,
        ">=": above or prefix == wanted,
        "<": below,
        "<=": below or (prefix == wanted and not exact),
    }[operator]


def _not_below(have: list[int], body: str) -> bool:
    wanted = [int(number) for number in body.partition("-")[0].split(".")]
    return have >= [*wanted, 0, 0][:3]


_RELEASES = [Version.parse(f"{a}.{b}.{c}") for a in range(5) for b in range(5) for c in range(5)]


@_hold(st.lists(values.requirement_parts, min_size=1, max_size=2))
def requirement_releases(parts: list[tuple[str, str]]) -> None:
    """Of all releases up to 4.4.4 a requirement admits those that Cargo's rules name, and no other."""
    requirement = Requirement.parse(",".join(operator + body for operator, body in parts))
    for version in _RELEASES:
        expected = all(_oracle(operator, body, version) for operator, body in parts)
        assert requirement.admits(version) is expected, (str(requirement), str(version))


@_hold(values.requirements, values.small_versions)
def requirement_prereleases(requirement: Requirement, version: Version) -> None:
    """A pre-release is admitted only when the requirement names one of the same numbers."""
    if version.prerelease and requirement.admits(version):
        assert f"{version.major}.{version.minor}.{version.patch}-" in str(requirement)


@_hold(values.small_versions)
def requirement_exact(version: Version) -> None:
    """`=` of a version admits it, caret and tilde of it too, and `<` and `>` of it do not."""
    for operator in ("=", "^", "~", ">=", "<="):
        assert Requirement.parse(f"{operator}{version}").admits(version), operator
    for operator in ("<", ">"):
        assert not Requirement.parse(f"{operator}{version}").admits(version), operator


@_hold(values.requirements, values.requirements, values.small_versions)
def requirement_and(one: Requirement, other: Requirement, version: Version) -> None:
    """A comma means and, for releases."""
    assume(not version.prerelease)
    both = Requirement.parse(f"{one}, {other}")
    assert both.admits(version) is (one.admits(version) and other.admits(version))


@_hold(st.text("0123456789.^~<>=* ,-xv", max_size=12))
def requirement_or_refusal(text: str) -> None:
    """Any text is a requirement or refused with its code; one that is read is read again from its own text."""
    try:
        requirement = Requirement.parse(text)
    except InvalidInputError as error:
        assert error.code == "invalid-requirement"
    else:
        assert Requirement.parse(str(requirement)).comparators == requirement.comparators


LAWS: Mapping[str, Callable[[], None]] = {
    str(law.__doc__).strip().rstrip("."): law
    for law in (
        json_round_trip, json_is_json, json_order, json_one_spelling, json_any_bytes,
        release_round_trip, yank_round_trip, statements_differ, release_damage,
        tree_round_trip, tree_order, trees_differ,
        id_parts, id_or_refusal,
        version_order, version_transitive, version_build, version_or_refusal,
        requirement_releases, requirement_prereleases, requirement_exact, requirement_and, requirement_or_refusal,
    )
}  # fmt: skip
"""The laws by the sentences that state them, as the feature files write them."""


def _refused(action: Callable[[], object]) -> None:
    try:
        action()
    except IntegrityError as error:
        assert error.code == "record-not-canonical"
        return
    raise AssertionError("another spelling was taken")

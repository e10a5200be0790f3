"""The checks of maintenance, security and reproducibility: what came before, what must not be there, what repeats."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from marketplace.insights.checks import Check, Finding, decided, met, not_met, unknown
from marketplace.insights.subject import Subject
from marketplace.insights.wording import entries_of, telling_words
from marketplace.model.requirement import Requirement

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_LEAST_TELLING = 5
_ALIKE = 0.8
"""Share of common words from which on two entries of a changelog are taken for the same."""

_SECRETS = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}"
    rb"|\bglpat-[A-Za-z0-9_-]{20}|\bxox[baprs]-[A-Za-z0-9-]{20}|\bsk_live_[A-Za-z0-9]{24}"
)
"""Private keys in PEM (RFC 7468), and tokens by the prefixes that AWS, GitHub, GitLab, Slack and Stripe give them."""

_SIGNS = (
    b"PRIVATE KEY-----", b"AKIA", b"ASIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"glpat-", b"xox", b"sk_live_",
)  # fmt: skip
"""One of them is in every secret: to look for them takes a twentieth of the time."""

_PROGRAMS: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "ELF"), (b"MZ", "Windows"), (b"\xcf\xfa\xed\xfe", "Mach-O"), (b"\xce\xfa\xed\xfe", "Mach-O"),
    (b"\xca\xfe\xba\xbe", "Java or Mach-O"), (b"\x00asm", "WebAssembly"), (b"!<arch>\n", "archive of objects"),
)  # fmt: skip
"""The first bytes of compiled programs."""

_LEFTOVERS = re.compile(
    r"(?:.*/)?(?:node_modules|\.idea|\.vscode|\.venv|\.tox|\.mypy_cache|\.pytest_cache)/.*"
    r"|(?:.*/)?(?:\.env|Thumbs\.db|desktop\.ini|npm-debug\.log|.*\.(?:pyc|pyo|o|obj|swp|swo|orig|rej|bak|tmp|log)|.*~)"
)
"""What editors, merges, builds and systems leave behind."""

_PLACEHOLDER = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)")
_BOUND = re.compile(r"\{%-?\s*(?:for\s+([\w\s,]+?)\s+in|set\s+(\w+)|macro\s+\w+\(([^)]*)\))")


def _changelog(subject: Subject) -> Finding:
    path, version = subject.facts.changelog, str(subject.release.version)
    if path is None:
        return not_met("there is no CHANGELOG.md")
    entries = {name: telling_words(text) for name, text in entries_of(subject.facts.text(path)).items()}
    said = entries.get(version)
    if said is None:
        return not_met(f"{path} has no heading for {version}")
    if twin := next((name for name, words in entries.items() if name != version and _is_alike(words, said)), None):
        return not_met(f"{path} says of {version} what it says of {twin}")
    return decided(len(said) >= _LEAST_TELLING, f"{path} says {len(said)} telling words of {version}")


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and len(one & other) >= _ALIKE * len(one | other)


def _changed(subject: Subject) -> Finding:
    if not subject.earlier:
        return unknown(
            "there is no earlier release" if subject.earlier == () else "earlier releases were not looked at"
        )
    payload = subject.facts.payload
    twin = next((item for item in subject.earlier if item.payload == payload), None)
    if twin:
        return not_met(f"all files but manifest and changelog are those of {twin.version}")
    if any(item.payload is None for item in subject.earlier):
        return unknown("of an earlier release it is not known what it had")
    return met(f"other files than in any of {len(subject.earlier)} earlier releases")


def _apart(subject: Subject, least: timedelta) -> int:
    """Return how many changed releases there are, this one included, each at least `least` after the one before.

    Those that repeat a content, that are dated later than now, or of which the registry does not know when it took
    them, do not count.
    """
    seen: set[str] = set()
    last: datetime | None = None
    count = 0
    for payload, moment in (*_taken(subject), (subject.facts.payload, subject.now)):
        if payload not in seen and moment <= subject.now and (last is None or moment - last >= least):
            count, last = count + 1, moment
        seen.add(payload)
    return count


def _taken(subject: Subject) -> Iterator[tuple[str, datetime]]:
    for item in subject.earlier or ():
        if item.payload and item.taken_at:
            yield item.payload, datetime.strptime(item.taken_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _spaced(subject: Subject, least: timedelta, wanted: int) -> Finding:
    if subject.earlier is None:
        return unknown("when earlier releases were taken, the registry tells")
    count, unit = _apart(subject, least), "a day" if least == _DAY else "a week"
    found = f"{count} of {len(subject.earlier) + 1} releases have new content and came {unit} or more after another one"
    if count < wanted and not subject.earlier:
        return unknown("this is the first release")
    return decided(count >= wanted, found)


def _few_yanks(subject: Subject) -> Finding:
    if not subject.earlier:
        return unknown(
            "there is no earlier release" if subject.earlier == () else "earlier releases were not looked at"
        )
    yanked, total = sum(item.yanked for item in subject.earlier), len(subject.earlier) + 1
    return decided(4 * yanked < total, f"{yanked} of {total} releases are yanked")


def _signature(subject: Subject) -> Finding:
    if subject.signature is None:
        return unknown("the signature was not looked at")
    return decided(subject.signature, f"signed by {subject.release.key}")


def _same_key(subject: Subject) -> Finding:
    if not subject.earlier:
        return unknown(
            "there is no earlier release" if subject.earlier == () else "earlier releases were not looked at"
        )
    before = subject.earlier[-1]
    same = before.key == subject.release.key
    return decided(same, f"{before.version} was signed by {'the same key' if same else before.key}")


def _no_secrets(subject: Subject) -> Finding:
    facts = subject.facts
    for path, data in facts.texts.items():
        if any(sign in data for sign in _SIGNS) and (found := _SECRETS.search(data)):
            return not_met(f"{path} has what looks like a secret, at byte {found.start()}")
    if facts.unread:
        return unknown(f"{facts.unread} of {len(facts.tree)} files are too long to be read to their end")
    return met(f"none was found in {len(facts.tree)} files")


def _no_programs(subject: Subject) -> Finding:
    for path, data in subject.facts.texts.items():
        kind = next((name for magic, name in _PROGRAMS if data.startswith(magic) and b"\0" in data[:64]), None)
        if kind:
            return not_met(f"{path} begins as a compiled program does ({kind})")
    return met(f"none of {len(subject.facts.tree)} files begins as a compiled program does")


def _https(subject: Subject) -> Finding:
    given = [text for text in (subject.facts.manifest.homepage, subject.facts.manifest.repository) if text]
    plain = next((text for text in given if not text.startswith("https://")), None)
    if not given:
        return unknown("neither homepage nor repository is given")
    return not_met(f"{plain} is not https") if plain else met(f"{', '.join(given)}")


def _bounded(subject: Subject) -> Finding:
    release = subject.release
    for id_, requirement in release.dependencies:
        if id_ == release.id:
            return not_met("it requires itself")
        if not _has_upper_bound(requirement):
            return not_met(f"{id_} {requirement} has no upper bound")
    return met(f"dependencies with an upper bound: {len(release.dependencies)}" if release.dependencies
               else "there are no dependencies")  # fmt: skip


def _has_upper_bound(requirement: Requirement) -> bool:
    return any(bound.operator in ("<", "<=", "=") for bound in requirement.comparators)


def _variables_agree(subject: Subject) -> Finding:
    facts = subject.facts
    if not facts.manifest.templates:
        return unknown("package.toml lists no [[template]]")
    for template in facts.manifest.templates:
        text = facts.text(template.path)
        declared = {variable.name for variable in template.variables}
        if spare := sorted(name for name in declared if not re.search(rf"\b{re.escape(name)}\b", text)):
            return not_met(f"{template.path} does not use {spare[0]}, which is declared")
        bound = {name for groups in _BOUND.findall(text) for name in re.findall(r"\w+", " ".join(groups))}
        if missing := sorted(set(_PLACEHOLDER.findall(text)) - declared - bound):
            return not_met(f"{template.path} asks for {missing[0]}, which is not declared")
    return met(f"templates that use just what they declare: {len(facts.manifest.templates)}")


def _no_leftovers(subject: Subject) -> Finding:
    for entry in subject.facts.tree:
        if _LEFTOVERS.fullmatch(entry.path):
            return not_met(f"{entry.path} looks like a leftover")
    return met(f"none among {len(subject.facts.tree)} files")


HISTORY_CHECKS: Mapping[str, Check] = {
    "changelog": _changelog,
    "changed": _changed,
    "followed-up": lambda subject: _spaced(subject, _DAY, 2),
    "kept-up": lambda subject: _spaced(subject, _WEEK, 4),
    "few-yanks": _few_yanks,
    "signature": _signature,
    "same-key": _same_key,
    "no-secrets": _no_secrets,
    "no-programs": _no_programs,
    "https": _https,
    "bounded-requirements": _bounded,
    "variables-agree": _variables_agree,
    "no-leftovers": _no_leftovers,
}
"""The checks by the names of their rules."""

"""What a release is judged by: its content, what came before it, and what is known of its signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from marketplace.insights.facts import Facts
from marketplace.model.release import Release


@dataclass(frozen=True, slots=True)
class Earlier:
    """A release of the same package that was there before.

    Attributes:
        taken_at: when the registry took it, by the registry's own clock, as `YYYY-MM-DDTHH:MM:SSZ`; None when it does
            not know. A publisher's own date is nobody's evidence.
        payload: digest of all files but the manifest and the changelog; None when it is not known.
    """

    version: str
    key: str
    yanked: bool
    taken_at: str | None = None
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A release and what is known about it. What nobody looked at is None: it earns nothing.

    Attributes:
        now: the time by the clock of whoever judges.
        signature: whether the signature is good and by a key that may sign for the namespace.
        earlier: the releases that were there before, in the order of the log.
        copied: of the README's marks, how many stand in packages of other namespaces published earlier, by package.
    """

    release: Release
    facts: Facts
    now: datetime
    signature: bool | None = None
    earlier: tuple[Earlier, ...] | None = None
    copied: Mapping[str, int] | None = None

    @property
    def own_words(self) -> int:
        """How many words the README says that no earlier package of another namespace has said."""
        prose = self.facts.prose
        if not prose.marks or not self.copied:
            return prose.said
        return prose.said * max(len(prose.marks) - sum(self.copied.values()), 0) // len(prose.marks)

"""What a room will be, said step by step before it is made."""

import secrets
from dataclasses import dataclass, replace

from support.cleanroom.cleanroom import Cleanroom
from support.cleanroom.engine.base import Engine, Recipe
from support.cleanroom.engine.choice import choose
from support.cleanroom.images.python import python_image
from support.cleanroom.policy import Policy
from support.cleanroom.seeded import Seeded


@dataclass(frozen=True, slots=True)
class CleanroomBuilder:
    """What a room will be. Every method returns a changed copy."""

    policy: Policy
    seed: int | None = None
    engine: Engine | None = None
    image: Recipe | None = None

    def with_policy(self, policy: Policy) -> "CleanroomBuilder":
        """Use a policy for each container, unless one is started with its own."""
        return replace(self, policy=policy)

    def with_determinism(self, seed: int) -> "CleanroomBuilder":
        """Draw all that the room makes up from a seed."""
        return replace(self, seed=seed)

    def with_engine(self, engine: Engine) -> "CleanroomBuilder":
        """Use an engine; without this the room takes docker when it answers, else host."""
        return replace(self, engine=engine)

    def with_image(self, image: Recipe) -> "CleanroomBuilder":
        """Use an image for containers that are started without one."""
        return replace(self, image=image)

    def build(self) -> Cleanroom:
        """Return the room. It is empty: what costs time is made on first use."""
        seed = self.seed if self.seed is not None else secrets.randbits(32)
        return Cleanroom(self.engine or choose(), self.policy, Seeded(seed), self.image or python_image())

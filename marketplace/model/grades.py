"""The grades of quality: which score earns which."""

GRADES: tuple[tuple[str, int], ...] = (("A", 85), ("B", 70), ("C", 55), ("D", 40), ("F", 0))
"""The grades from the best on, with the least points of each."""


def grade_of(score: int) -> str:
    """Return the grade of a score from 0 to 100."""
    return next(grade for grade, least in GRADES if score >= least)


def least_of(grade: str) -> int:
    """Return the least points of a grade."""
    return dict(GRADES)[grade]

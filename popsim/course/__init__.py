"""The course: the folder that a learner works in, and what watches over the exercises there.

A lesson takes what it needs from here: ``from popsim.course import check, predict, score``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from popsim.course.checks import check
    from popsim.course.predictions import predict, score

__all__ = ["check", "predict", "score"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: laying out the folder needs none of it.
    if name == "check":
        from popsim.course.checks import check

        return check
    if name in ("predict", "score"):
        from popsim.course import predictions

        return getattr(predictions, name)
    raise AttributeError(f"popsim.course has {', '.join(__all__)}; not {name!r}")

"""The declared prior over the five constants that decide the headline (rulings W12, Y7): the one place for its ranges."""

from collections.abc import Mapping

import numpy as np

DECISIVE: Mapping[str, tuple[float, float]] = {
    "behaviour.commitment.commit_authority": (0.0, 1.79),
    "behaviour.commitment.refusal_sd": (0.0, 2.0),
    "behaviour.commitment.lapse_forum_ratio": (0.0, 1.0),
    "behaviour.gates.executive_load": (0.6, 1.5),
    "mechanism.E4.monthly_hours": (0.0, 4.0),
}
"""Input -> range: a_A (W2), sigma_u (W4), lapses of promises made in forums (W3), rho_ex (W1), E4 hours (W6). Uniform and
independent within the points or the range that the ruling names; an assumption, as the constants are."""

_KEY = 0x7072696F72


def draw_sets(n: int, prior: Mapping[str, tuple[float, float]] = DECISIVE, seed: int = 1) -> list[dict[str, float]]:
    """Return independent draws from a prior; the first of more are the same.

    Examples
    --------
    >>> draw_sets(2) == draw_sets(5)[:2]
    True
    """
    u = np.random.Generator(np.random.Philox(key=[_KEY, seed])).random((n, len(prior)))
    return [{path: low + x * (high - low) for x, (path, (low, high)) in zip(row, prior.items(), strict=True)} for row in u.tolist()]

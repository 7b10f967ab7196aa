"""Does petitioning pay the more, the more petition? The loop of T14 as the engine has it, without and with RV4.

python scripts/petition_loop.py

Nothing is asserted: `docs/science/petition_loop.md` has what comes out. First, with beliefs held still, the cost of petitioning
is turned, so that the share x of voiced issues that are petitioned changes, and what households would learn of a petition,
s_P(x), and of the community, s_M(x), is measured (of other issues: severe ones are petitioned more often, so the level says less
than the slope). Petitioning feeds on itself where b (s_P - s_M)'(x) x (1 - x) exceeds 1, b the weight of beliefs over the scale
of choice (T14). Then beliefs are let go from low and from high belief in petitions.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy import stats

from govsim.engine import state as st
from govsim.engine.simulate import Engine, calibrate
from govsim.labels import variant_label
from govsim.scenario.city import City
from govsim.scenario.inputs import override
from govsim.scenario.profile import load_default_profile
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

WORLD = Scenario(city=City.preset("standard"), demand=load_default_profile().apply(), days=1_095, burn_in_days=0)
VARIANTS = ("B0", "RV4")
COSTS = (6.0, 4.5, 3.5, 2.5, 1.5, 0.5, -1.0)
"""Access costs of a petition; the model's own is the second."""
BELIEFS = (0.05, 0.95)
LONG = 4_015
YEARS = (1, 3, 5, 7, 10)
"""Years of a long run that are looked at."""
REPLICATIONS = 10


def outcomes(engine: Engine) -> np.ndarray:
    """What a household learns of each issue (3.7.14): performance at its last closure, 0 when it ended or is open without one."""
    it, response = engine.world.issues[: engine.n_issues], engine.scenario.behaviour.response
    deadline = engine.world.kinds.deadline[engine.world.arrivals.type[: engine.n_issues]]
    closed = (it.status == st.RESOLVED) | (it.status == st.CLOSED)
    speed = np.exp(-(it.last_closed - it.voiced) / deadline)
    gained = response.performance_resolved * (it.status == st.RESOLVED) + response.performance_speed * speed
    return np.where(closed, gained + response.performance_contact * response.contact_share, 0.0)


def shares(engine: Engine, start: float, end: float) -> tuple[float, float, float]:
    """Share petitioned of the issues of a window that were voiced; mean outcome of those petitioned at once, and never."""
    it, onset = engine.world.issues[: engine.n_issues], engine.world.arrivals.onset[: engine.n_issues]
    voiced = (onset >= start) & (onset < end) & ~np.isnan(it.voiced)
    petitioned = ~np.isnan(it.petitioned)
    at_once = voiced & (it.petitioned == it.voiced)
    to_community = voiced & ~petitioned & np.isnan(it.law)
    found = outcomes(engine)
    return petitioned[voiced].mean(), found[at_once].mean(), found[to_community].mean()


def runs(scenario: Scenario, years: tuple[int, ...]) -> np.ndarray:
    """Those three of each year, of every replication, at the desks of the model's own city."""
    desks = calibrate(WORLD)

    def run(seed: int) -> list[tuple[float, float, float]]:
        engine = Engine(scenario, seed=seed, capacity=desks).advance(scenario.days)
        return [shares(engine, 365 * (year - 1), 365 * year) for year in years]

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(run, range(1, REPLICATIONS + 1))))


def response_rows() -> list[str]:
    """One table: x, what is learned, and the loop's gain between neighbours, for each variant."""
    lines = []
    strength = WORLD.behaviour.voice.weight_belief / WORLD.behaviour.voice.choice_scale
    for name in VARIANTS:
        still = override(apply(WORLD, name), {"behaviour.voice.belief_learning": 0.0, "behaviour.voice.belief_gossip": 0.0})
        found = np.array([runs(override(still, {"behaviour.voice.access_cost_petition": c}), (2,))[:, 0].mean(axis=0) for c in COSTS])
        x, gap = found[:, 0], found[:, 1] - found[:, 2]
        middle = (x[1:] + x[:-1]) / 2
        gain = strength * np.diff(gap) / np.diff(x) * middle * (1 - middle)
        print(name, x.round(3), gap.round(3), gain.round(3), flush=True)
        lines += [f"### {variant_label(name)}", "", "| x, share petitioned | s_P | s_M | s_P - s_M | gain up to the next x |"]
        lines += ["|---|---|---|---|---|"]
        cells = [f"{g:+.2f}" for g in gain] + [""]
        lines += [f"| {a:.3f} | {p:.3f} | {m:.3f} | {p - m:+.3f} | {g} |" for (a, p, m), g in zip(found, cells, strict=True)]
        verdict = "exceeds 1: petitioning can feed on itself" if gain.max() > 1 else "stays below 1: petitioning does not feed on itself"
        lines += ["", f"The largest gain is {gain.max():+.2f} and {verdict}.", ""]
    return lines


def start_rows() -> list[str]:
    """One table: share petitioned year by year from either belief at the start, beliefs let go."""
    head = " | ".join(["Share petitioned", *(f"year {y}" for y in YEARS)])
    lines = ["### Beliefs let go", "", f"| {head} |", "|---" * (len(YEARS) + 1) + "|"]
    for name in VARIANTS:
        worlds = [override(apply(WORLD, name), {"days": LONG, "behaviour.voice.belief_petition": b}) for b in BELIEFS]
        found = [runs(world, YEARS)[:, :, 0] for world in worlds]
        apart = found[1] - found[0]
        half = stats.t.ppf(0.975, REPLICATIONS - 1) * apart.std(axis=0, ddof=1) / np.sqrt(REPLICATIONS)
        print(name, *(f.mean(axis=0).round(4) for f in found), half.round(4), flush=True)
        for belief, share in zip(BELIEFS, found, strict=True):
            cells = " | ".join(f"{x:.3f}" for x in share.mean(axis=0))
            lines.append(f"| {variant_label(name)}, from belief {belief:g} | {cells} |")
        cells = " | ".join(f"{m - h:.3f} to {m + h:.3f}" for m, h in zip(apart.mean(axis=0), half, strict=True))
        lines.append(f"| {variant_label(name)}, difference, 95 % | {cells} |")
    lines += ["", "A household learns of a channel only by using it, and from its building by gossip: what is not tried is not unlearned. "
              "So where beliefs began may show for years though the loop's gain is below 1.", ""]  # fmt: skip
    return lines


def main() -> None:
    """Sweep, and write the page."""
    head = ["# The petition loop", "", "Written by `scripts/petition_loop.py`.", ""]
    head += [part.replace("\n", " ") for part in (__doc__ or "").strip().split("\n\n")[2:]]
    head += ["", f"The standard city, {REPLICATIONS} runs each; above all issues of the second year.", ""]
    page = Path(__file__).resolve().parents[1] / "docs" / "science" / "petition_loop.md"
    page.write_text("\n".join(head + response_rows() + start_rows()), encoding="utf-8")


if __name__ == "__main__":
    main()

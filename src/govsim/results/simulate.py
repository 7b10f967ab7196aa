"""One run, from what is asked to what came out."""

from collections.abc import Mapping, Sequence
from typing import Any

from govsim.engine.simulate import Engine
from govsim.results.run import Run
from govsim.scenario.own import OwnComponent
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import with_own


def simulate(
    scenario: Scenario | None = None,
    *,
    moves: bool = False,
    rules: Mapping[str, Any] | None = None,
    components: Sequence[OwnComponent] = (),
) -> Run:
    """Run a scenario to its horizon.

    Parameters
    ----------
    scenario
        What is asked; the standard city under its baseline when not given.
    moves
        Record every change of an issue's state, for `Run.moves` and `story`; nothing else changes. Needs some 40 rows of
        32 bytes an issue.
    rules
        Python functions in place of decisions, by the names of `govsim.scenario.own.RULES`; they start with the scenario's
        mechanism, after the burn-in.
    components
        Of one's own, beside the scenario's mechanism.

    Returns
    -------
    Run
        Equal scenarios give equal runs.

    Raises
    ------
    ScenarioError
        One line: a rule that cannot be used, or that answered with what is not allowed.

    Examples
    --------
    >>> from govsim.scenario.city import City
    >>> run = simulate(Scenario(city=City.preset("demo"), days=30, burn_in_days=0))
    >>> len(run.daily)
    30
    """
    asked = scenario if scenario is not None else Scenario()
    engine = Engine(with_own(asked, rules, components) if rules or components else asked, moves=moves)
    engine.advance(engine.scenario.days)
    return Run.from_engine(engine, copy=False)

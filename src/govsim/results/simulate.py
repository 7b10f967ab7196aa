"""One run, from what is asked to what came out."""

from govsim.engine.simulate import Engine
from govsim.results.run import Run
from govsim.scenario.scenario import Scenario


def simulate(scenario: Scenario | None = None, *, moves: bool = False) -> Run:
    """Run a scenario to its horizon.

    Parameters
    ----------
    scenario
        What is asked; the standard city under its baseline when not given.
    moves
        Record every change of an issue's state, for `Run.moves` and `story`; nothing else changes. Needs some 40 rows of
        32 bytes an issue.

    Returns
    -------
    Run
        Equal scenarios give equal runs.

    Examples
    --------
    >>> from govsim.scenario.city import City
    >>> run = simulate(Scenario(city=City.preset("demo"), days=30, burn_in_days=0))
    >>> len(run.daily)
    30
    """
    engine = Engine(scenario if scenario is not None else Scenario(), moves=moves)
    engine.advance(engine.scenario.days)
    return Run.from_engine(engine, copy=False)

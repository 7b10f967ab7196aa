"""The model as Mesa sees it: one `step()` a day, computed by the engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mesa

from govsim.engine.simulate import Engine
from govsim.model.agents import (
    Community,
    CompoundBranch,
    Department,
    InServiceMember,
    Leader,
    Organisation,
    Resident,
    Subdistrict,
    Volunteer,
)
from govsim.scenario.demand import DEPARTMENTS
from govsim.scenario.inputs import override
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.own import OwnComponent
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import Variant, apply, with_own

_OF_TODAY = ("arrived", "voiced", "closed", "resolved", "petitions", "lapsed", "trust_community", "trust_city")


def _reporter(field: str) -> Callable[["GovernanceModel"], float]:
    return lambda model: model.engine.world.daily[field][model.engine.day - 1].item()


REPORTERS: dict[str, Callable[["GovernanceModel"], float]] = {
    "open_issues": lambda model: float(model.engine.world.communities["open_issues"].sum()),
    **{field: _reporter(field) for field in _OF_TODAY},
}
"""What is collected every day when nothing else is asked: issues open, what happened today, mean trust."""


class GovernanceModel(mesa.Model):
    """A city under a mechanism, day by day; equal to `govsim.simulate` of the same scenario.

    The engine computes; Mesa's own random numbers are not used, so agents may be shuffled or sampled
    without changing a result.

    Parameters
    ----------
    scenario : what is asked; the standard city under its baseline when not given.
    variant : a variant or its name, applied to the scenario ("F1", "F1-E4").
    rules, components : of one's own, as in `govsim.simulate`.
    rng : seed, a whole number or its digits; the scenario's own when not given.
    residents : whether households are agents. They are by far the most, and no rule needs them as agents.
    model_reporters, agent_reporters : as in `mesa.DataCollector`; `REPORTERS` when not given.
    inputs : further inputs by dotted name, as in `govsim.override` (`days=400`).

    Raises
    ------
    ScenarioError
        If an input is unknown or out of range.

    Examples
    --------
    >>> model = GovernanceModel(variant="F1", days=60, burn_in_days=30, residents=False)
    >>> model.run_for(60)
    >>> model.running
    False
    >>> len(model.datacollector.get_model_vars_dataframe())
    60
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        variant: str | Variant | None = None,
        rules: Mapping[str, Any] | None = None,
        components: Sequence[OwnComponent] = (),
        rng: int | str | None = None,
        residents: bool = True,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
        **inputs: Any,
    ):
        asked = scenario or Scenario()
        if rng is not None:
            inputs["seed"] = int(rng) if str(rng).isdecimal() else rng
        if inputs:
            asked = override(asked, inputs)
        if variant is not None:
            asked = apply(asked, variant)
        if rules or components:
            asked = with_own(asked, rules, components)
        super().__init__(rng=asked.seed)
        self.engine: Engine = Engine(asked)
        w = self.engine.world
        self._create(Community, len(w.communities))
        self._create(Subdistrict, len(w.subdistricts))
        self._create(CompoundBranch, len(w.compounds))
        self._create(Department, len(DEPARTMENTS))
        self._create(Leader, len(w.leaders))
        self._create(Organisation, len(w.organisations))
        self._create(Volunteer, len(w.buildings))
        if residents:
            self._create(Resident, len(w.households))
        self._meet_members()
        reporters = REPORTERS if model_reporters is None else dict(model_reporters)
        self.datacollector = mesa.DataCollector(model_reporters=reporters, agent_reporters=agent_reporters)

    def _create(self, kind: Any, n: int) -> None:
        if n:
            kind.create_agents(self, n, list(range(n)))

    def _meet_members(self) -> None:
        """Members in service come and go with E4: as many agents as the engine has rows."""
        wanted = int(self.engine.world.p["n_members"][0])
        known = self.agents_by_type.get(InServiceMember, ())
        if len(known) != wanted:
            for agent in list(known):
                agent.remove()
            self._create(InServiceMember, wanted)

    @property
    def day(self) -> int:
        """Days simulated."""
        return self.engine.day

    def step(self) -> None:
        """Simulate one day and collect.

        Raises
        ------
        RuntimeError
            If the horizon has been reached.
        """
        days = self.engine.scenario.days
        if self.engine.day >= days:
            raise RuntimeError(f"the run is over: its horizon is {days} days")
        self.engine.advance(self.engine.day + 1)
        self._meet_members()
        self.running = self.engine.day < days
        self.datacollector.collect(self)

    def switch(self, mechanism: Mechanism, external: ExternalHours | None = None) -> None:
        """Put another mechanism in place from today on."""
        self.engine.switch(mechanism, external)
        self._meet_members()

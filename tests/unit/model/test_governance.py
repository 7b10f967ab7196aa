"""The Mesa face computes nothing: it equals the engine, and its agents read the columns."""

import warnings

import numpy as np
import pytest

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
from govsim.model.governance import REPORTERS, GovernanceModel
from govsim.results.run import Run
from govsim.results.simulate import simulate
from govsim.scenario.city import City
from govsim.scenario.fields import ScenarioError
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply, variant

ASKED = apply(Scenario(city=City.preset("demo"), days=120, burn_in_days=60), "F1")


@pytest.fixture(scope="module")
def model():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = GovernanceModel(ASKED)
        made.run_for(120)
    return made


def test_model__equals_simulate_bit_by_bit(model):
    run, twin = Run.from_engine(model.engine), simulate(ASKED)
    for name in ("issues", "daily", "hours", "meetings"):
        assert getattr(run, name).equals(getattr(twin, name)), name


def test_model__stops_at_its_horizon(model):
    assert model.day == 120
    assert not model.running
    with pytest.raises(RuntimeError, match="horizon is 120 days"):
        model.step()


def test_model__shuffling_agents_changes_nothing():
    quiet, noisy = GovernanceModel(ASKED, residents=False), GovernanceModel(ASKED, residents=False)
    for _ in range(90):
        noisy.agents.shuffle_do("advance")
        noisy.rng.random(3)
        noisy.step()
        quiet.step()
    assert quiet.engine.world.issues.tobytes() == noisy.engine.world.issues.tobytes()


def test_agents__are_as_many_as_rows(model):
    w, p = model.engine.world, model.engine.world.p
    counts = {
        Community: len(w.communities), Subdistrict: len(w.subdistricts), CompoundBranch: len(w.compounds),
        Department: 12, Leader: len(w.leaders), Organisation: len(w.organisations), Volunteer: len(w.buildings),
        Resident: len(w.households), InServiceMember: int(p.n_members[0]),
    }  # fmt: skip
    assert {kind: len(agents) for kind, agents in model.agents_by_type.items()} == counts
    assert counts[InServiceMember] > 0


def test_members__arrive_with_e4():
    model = GovernanceModel(ASKED, residents=False)
    assert InServiceMember not in model.agents_by_type
    model.run_for(61)
    assert len(model.agents_by_type[InServiceMember]) == int(model.engine.world.p.n_members[0])
    model.switch(variant("B0").mechanism)
    assert len(model.agents_by_type[InServiceMember]) == 0


@pytest.mark.parametrize(
    ("kind", "attribute", "table", "field"),
    [
        (Community, "open_issues", "communities", "open_issues"),
        (Community, "queued_hours", "stations", "queued_hours"),
        (CompoundBranch, "money", "compounds", "money"),
        (Organisation, "stake", "organisations", "stake"),
        (InServiceMember, "motivation", "members", "motivation"),
        (Leader, "live_directives", "leaders", "live"),
        (Volunteer, "activity", "buildings", "steward_activity"),
        (Resident, "expectation", "households", "expectation"),
    ],
)
def test_attribute__reads_the_column_of_today(model, kind, attribute, table, field):
    agents = model.agents_by_type[kind]
    column = getattr(model.engine.world, table)[field][: len(agents)]
    assert agents.get(attribute) == column.tolist()


def test_subdistrict__reads_its_own_desk(model):
    w = model.engine.world
    desk = model.agents_by_type[Subdistrict].to_list()[0].station
    assert w.stations.kind[desk] == 1
    assert w.stations.area[desk] == 0


def test_department__adds_up_its_teams(model):
    served = model.agents_by_type[Department].agg("hours_served", sum)
    stations = model.engine.world.stations
    assert served == pytest.approx(stations.served[stations.kind == 2].sum())


def test_resident__trust_averages_to_the_daily_row(model):
    trust = np.mean(model.agents_by_type[Resident].get("trust_community"))
    assert trust == pytest.approx(model.engine.world.daily.trust_community[-1], abs=1e-9)
    assert all(0 <= b <= 1 for b in model.agents_by_type[Resident].get("belief_petition"))


def test_agent_set__selects_and_groups(model):
    communities = model.agents_by_type[Community]
    busy = communities.select(lambda c: c.open_issues > 0)
    assert set(busy.get("open_issues")) <= set(communities.get("open_issues")) - {0.0}
    groups = communities.groupby("subdistrict").map(lambda group: group.agg("households", sum))
    assert sum(groups.values()) == ASKED.city.n_households


def test_data_collector__has_a_row_a_day(model):
    table = model.datacollector.get_model_vars_dataframe()
    assert list(table.columns) == list(REPORTERS)
    assert table["resolved"].tolist() == model.engine.world.daily.resolved.tolist()


def test_data_collector__takes_own_reporters():
    model = GovernanceModel(
        ASKED, residents=False, model_reporters={"day": "day"}, agent_reporters={"workers": lambda a: getattr(a, "workers", None)}
    )
    model.run_for(3)
    assert model.datacollector.get_model_vars_dataframe()["day"].tolist() == [1, 2, 3]
    agents = model.datacollector.get_agent_vars_dataframe()
    assert len(agents) == 3 * len(model.agents)


def test_inputs__are_checked_and_coerced():
    model = GovernanceModel(days=40, burn_in_days=0, variant="B0", rng="7", residents=False)
    assert (model.engine.scenario.seed, model.engine.scenario.days) == (7, 40)
    with pytest.raises(ValueError, match="dayz"):
        GovernanceModel(dayz=40)
    with pytest.raises(ScenarioError, match="seed is 'x'"):
        GovernanceModel(rng="x")


def test_readme__example_runs(repo):
    code = (repo / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    found: dict = {}
    exec(code, found)
    assert found["model"].day == 730


def test_residents__believe_in_the_hotline_once_there_is_one():
    model = GovernanceModel(ASKED)
    assert np.isnan(model.agents_by_type[Resident].get("belief_hotline")).all()
    model.switch(variant("RV1").mechanism)
    assert set(model.agents_by_type[Resident].get("belief_hotline")) == {0.5}

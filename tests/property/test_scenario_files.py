from hypothesis import given, reject
from hypothesis import strategies as st

from govsim.scenario.fields import ScenarioError
from govsim.scenario.files import format_scenario, read_scenario
from govsim.scenario.inputs import inputs, override
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import COMPONENTS, apply, name_of, variant

TOGETHER = (
    "city.", "demand.types.", "interruptions.", "external.", "demand.weekday_factor",
    "demand.month_factor", "staffing.fee_share", "behaviour.work.", "behaviour.gates.parties_", "mechanism.RV8.",
    "shocks.demand.", "shocks.desks.", "shocks.renovation.",
)  # fmt: skip
"""Inputs that can seldom be changed one by one: they must fit each other."""
FREE = {p: i for p, i in inputs().items() if not p.startswith(TOGETHER) and p != "burn_in_days"}


def values(known):
    """Every value that one input may have."""
    if known.kind in ("switch", "choice"):
        found = st.sampled_from(known.choices)
    elif known.kind == "text":
        found = st.text()
    elif known.kind == "whole":
        found = st.integers(int(known.low), int(known.high))
    else:
        found = st.floats(known.low, known.high)
    return st.none() | found if known.is_nullable else found


@st.composite
def scenarios(draw):
    """Any scenario there is: changes that do not fit each other are none."""
    paths = draw(st.lists(st.sampled_from(sorted(FREE)), unique=True, max_size=12))
    changes = {path: draw(values(FREE[path])) for path in paths}
    try:
        return override(Scenario(burn_in_days=0), changes)
    except ScenarioError:
        reject()


@st.composite
def dose_sets(draw):
    codes = draw(st.lists(st.sampled_from(COMPONENTS), unique=True))
    return {code: draw(st.sampled_from([0, 0.5, 1, 2]) | st.floats(0, 16)) for code in codes}


@given(scenario=scenarios(), full=st.booleans(), comments=st.booleans())
def test_file__gives_the_scenario_back(scenario, full, comments):
    assert read_scenario(format_scenario(scenario, full=full, comments=comments)) == scenario


@given(doses=dose_sets())
def test_variant_name__gives_the_variant_back(doses):
    name = "+".join(f"{code}@{x!r}" for code, x in doses.items()) or "B0"
    found = variant(name)
    assert dict(found.doses) == doses
    assert variant(found.name) == found
    assert name_of(found.mechanism) == found.name


@given(doses=dose_sets())
def test_variant__comes_off_without_a_trace(doses):
    name = "+".join(f"{code}@{x!r}" for code, x in doses.items()) or "B0"
    base = Scenario()
    assert apply(apply(base, name), "B0") == base


def refusal(call):
    """What is said against a call; empty where nothing is."""
    try:
        call()
    except ScenarioError as error:
        return str(error)
    return ""


@given(text=st.text())
def test_any_text__is_a_scenario_or_one_line(text):
    assert refusal(lambda: read_scenario(text)).isprintable()
    assert refusal(lambda: variant(text)).isprintable()


@given(path=st.sampled_from(sorted(inputs())), value=st.none() | st.floats() | st.integers()
       | st.text() | st.booleans() | st.lists(st.integers()))  # fmt: skip
def test_any_value__is_taken_or_one_line(path, value):
    assert refusal(lambda: override(Scenario(), {path: value})).isprintable()

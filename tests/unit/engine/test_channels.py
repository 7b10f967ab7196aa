"""T23: a component acts through its own micro-channels only (3.8, ruling 43).

A component's numbers are fields of the parameter row named after it. Each rule that reads one is listed here with
the channels it moves; each must be on the component's white-list. A rule that is not listed, such as one of an
outcome, may read none. Costs in hours are free to all.
"""

import ast
import re
from pathlib import Path

import pytest

import govsim.engine
from govsim.scenario.mechanism import Mechanism
from govsim.scenario.variants import COMPONENTS, RIVALS

WHITE_LIST = {
    "A1": "J P F Cl A Π fund", "A2": "J P F Cl A Π fund", "A3": "J F Cl R A fund hrs", "A4": "I Cl det",
    "A5": "Cl R A hrs fund", "L1": "F I R κ hrs fund", "L2": "F I R hrs fund", "L3": "I det hrs mot",
    "L4": "J Cl Π hrs", "E1": "P A Π att det", "E2": "Cl R hrs", "E3": "R hrs", "E4": "I det hrs mot",
    "RV1": "J Cl A Π att κ hrs", "RV2": "J A hrs", "RV3": "det hrs", "RV4": "att hrs", "RV5": "κ hrs fund", "RV7": "P hrs",
    "RV8": "att hrs", "RV10": "J hrs",
}  # fmt: skip
"""Of the rivals, what 3.10 gives each."""
RULES = {
    "commitment.clarity_of": "Cl", "commitment.commit_probability": "J", "routing.add_departments": "Π",
    "routing.owner_found": "Π", "meetings.forum_of": "", "meetings.pledge_of_units": "hrs", "meetings.group_session": "I",
    "commitment.whistle": "J A hrs", "service.class_of": "att", "voice.petition": "att hrs", "gates.drawn_hours": "hrs",
    "gates.release_work": "hrs", "day.table_all": "", "gates.local_station": "hrs", "grid.grid_works": "hrs", "grid.grid_hazard": "det",
    "grid.grid_takes": "hrs", "day.watch": "det", "voice.channel_for": "κ", "feedback.judge": "", "market.settle_fees": "hrs fund",
    "commitment.request_authority": "A", "orders.called_back": "hrs", "orders.is_called": "hrs", "orders.order_due": "att",
    "orders.place_order": "hrs", "orders.rank_among": "Π", "orders.rank_units": "hrs", "orders.score_of": "Π", "orders.take_seat": "hrs",
    "routing.dispatch_order": "J", "routing.dispatch_probability": "Cl", "routing.lead_answers": "J", "routing.order_asked": "J",
    "voice.escalate": "att hrs", "voice.utility_of_hotline": "κ", "day.start_day": "",
    "service.start_next": "hrs", "campaign.begin_campaign": "att hrs", "campaign.campaign_day": "hrs",
    "links.give_month": "", "links.part_time_pledges": "hrs", "links.organisations_give": "hrs",
    "links.residents_give": "hrs fund", "links.stewards_care": "hrs det mot", "links.keep_lists": "",
    "meetings.tie_members": "R", "links.departments_pair": "hrs Cl R", "links.branches_pair": "hrs R", "links.member_serves": "hrs mot",
    "links.members_serve": "hrs mot", "gates.familiarity_of": "I", "day.arrive": "det", "day.detect": "det",
    "day.handle_issue": "det", "day.handle": "", "effort.pressure_on": "Π", "day.start_month": "",
    "visits.plan_visits": "", "visits.pick_community": "",
    "emergency.staff_hours": "hrs", "emergency.steward_hours": "hrs", "emergency.member_hours": "hrs", "emergency.muster": "hrs",
    "emergency.watch_of_day": "", "emergency.book_outside": "", "emergency.tire": "mot", "emergency.strip_departments": "",
    "visits.score_of_community": "", "visits.look_around": "att det", "visits.direct": "att A Π P", "visits.visit": "",
}  # fmt: skip
"""Rule -> channels it moves; none where it only says whether, when, where or at what cost."""
OWN_CHANNELS = {
    ("RV1", "routing.owner_found"): "J", ("RV1", "day.handle_issue"): "", ("RV2", "routing.owner_found"): "",
    ("RV10", "routing.owner_found"): "hrs",
}  # fmt: skip
"""(code, rule) -> channels, where a rule does less for one part of the mechanism than for another."""
OTHER_NAMES = {"patrols": "L3", "list_on": "L4", "n_listed": "L4", "n_members": "E4", "n_branches": "E3"}
GATES = {"jurisdiction": "J", "power": "P", "funds": "F", "interests": "I"}


def reads():
    """(component, rule, number) of every reading of a component's number in a compiled rule."""
    for path in sorted(Path(govsim.engine.__file__).parent.glob("*.py")):
        for rule in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(rule, ast.FunctionDef) and any(getattr(d, "id", "") == "kernel" for d in rule.decorator_list):
                for node in ast.walk(rule):
                    if isinstance(node, ast.Attribute):
                        found = re.fullmatch(r"(?:forum_)?([ALE]\d|RV\d+)(?:_\w+)?", node.attr)
                        code = found[1] if found else OTHER_NAMES.get(node.attr)
                        if code:
                            yield code, f"{path.stem}.{rule.name}", node.attr


@pytest.mark.parametrize("code", COMPONENTS + RIVALS)
def test_component__moves_only_its_own_channels(code):
    found = [(rule, name) for component, rule, name in reads() if component == code]
    assert found
    for rule, name in found:
        assert rule in RULES, f"{rule} reads {name}: say which channels it moves"
        channels = OWN_CHANNELS.get((code, rule), RULES[rule])
        assert set(channels.split()) <= set(WHITE_LIST[code].split()), f"{rule} reads {name}"


def test_rules__that_are_listed_exist():
    assert {rule for _, rule, _ in reads()} == set(RULES)


@pytest.mark.parametrize("code", ["A1", "A2", "A3", "A4"])
def test_forum__rules_on_its_own_gates_only(code):
    meeting = getattr(Mechanism(), code)
    on = {letter for gate, letter in GATES.items() if getattr(meeting, f"rules_{gate}")}
    assert on <= set(WHITE_LIST[code].split())

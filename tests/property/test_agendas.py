"""What waits for a decision stays on the agenda that may take it (ruling 29)."""

import numpy as np
import pytest

from govsim.engine import state as st
from govsim.engine.simulate import Engine
from govsim.scenario.city import City
from govsim.scenario.scenario import Scenario
from govsim.scenario.variants import apply

WORLD = Scenario(city=City.preset("standard"), days=730, burn_in_days=200)


def entries(world, forum):
    """Issues with a live entry on an agenda, once an entry."""
    nodes, found, below = world.nodes, [], [int(world.forums[forum].root)]
    while below:
        n = below.pop()
        if n >= 0:
            node = nodes[n]
            if node.version == min(int(world.issues[node.content].petitions), 1):
                found.append(int(node.content))
            below += [int(node.left), int(node.right)]
    return found


@pytest.mark.parametrize("name", ["B0", "F1"])
def test_executive_route__holds_every_issue_that_only_it_may_decide_once(name):
    engine = Engine(apply(WORLD, name), seed=3)
    n_petitioned = 0
    for day in (150, 201, 400, 730):
        w = engine.advance(day).world
        it = w.issues[: engine.n_issues]
        authority = w.kinds.authority[w.arrivals.type[: engine.n_issues]]
        waiting = (it.status == st.GATED) & (it.closed_gates & st.GATE_P > 0) & (authority == 5)
        live = [i for i in entries(w, 0) if waiting[i]]
        assert sorted(live) == np.flatnonzero(waiting).tolist()
        n_petitioned += int((it.petitions[waiting] > 0).sum())
    assert n_petitioned > 0


@pytest.mark.parametrize("name", ["F1", "F1-A1", "axis+RV7"])
def test_agendas__hold_an_issue_once_and_it_knows_on_which(name):
    engine = Engine(apply(WORLD, name), seed=3)
    n_entries = n_passed_up = 0
    for day in (150, 201, 400, 730):
        w = engine.advance(day).world
        standing = np.zeros(engine.n_issues, np.int64)
        for forum, kind in enumerate(w.forums.kind):
            live = entries(w, forum)
            assert len(live) == len(set(live))
            standing[live] |= 1 << kind
            n_entries += len(live)
        assert (standing == w.issues.agendas[: engine.n_issues]).all()
        n_passed_up += int((w.issues.retabled[: engine.n_issues] > engine.world.p.retabling_max[0]).sum())
    assert n_entries > 0 and n_passed_up > 0

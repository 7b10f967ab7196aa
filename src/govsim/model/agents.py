"""The agents: each is a row of the engine's columns, read when asked and never written.

The rules act on columns (`govsim.engine`); an agent here holds its model and the number of its row. Reading an
attribute reads the column as it stands after the last step. Agents decide nothing of their own.
"""

from typing import Any

import mesa
import numpy as np

from govsim.engine import state as st
from govsim.scenario.demand import DEPARTMENTS, SKILLS


class Column:
    """An attribute that reads one field of an agent's row.

    Parameters
    ----------
    field : name of the field in the table.
    table : name of the table in `govsim.engine.world.World`; the agent's own when not given.
    names : what the stored number stands for, when it is a code.
    """

    def __init__(self, field: str, table: str = "", names: tuple[str, ...] = ()):
        self.field, self.table, self.names = field, table, names

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        rows = getattr(agent.model.engine.world, self.table or agent.table)
        value = rows[self.field][agent.row if not self.table else agent.station].item()
        return self.names[value] if self.names else value


class Felt:
    """A belief or trust of a household, read out of the lazy form of gossip: C + scale z (ruling 27)."""

    def __init__(self, field: str, scale: str):
        self.field, self.scale = field, scale

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        w = agent.model.engine.world
        if self.field == "hotline" and len(w.hotline_beliefs) < len(w.buildings):
            return float("nan")  # nobody has heard of it
        offset = (w.hotline_beliefs if self.field == "hotline" else w.buildings)[f"offset_{self.field}"][agent.building]
        return float(offset + w.counters[self.scale][0] * w.households[self.field][agent.row])


class Total:
    """A field summed over the teams of a department."""

    def __init__(self, field: str):
        self.field = field

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        stations = agent.model.engine.world.stations
        own = (stations["kind"] == st.DEPARTMENT) & (stations["department"] == agent.row)
        return stations[self.field][own].sum().item()


class Row(mesa.Agent):
    """An agent that is row `row` of the table named `table`."""

    table = ""

    def __init__(self, model: mesa.Model, row: int):
        super().__init__(model)
        self.row = int(row)


class Unit(Row):
    """An agent with a desk: a row of the stations, numbered `station` (3.7.7)."""

    workers = Column("n_workers", "stations")
    queue_length = Column("queue_length", "stations")
    queued_hours = Column("queued_hours", "stations")
    debt_hours = Column("debt", "stations")
    hours_served = Column("served", "stations")
    hours_paid = Column("paid", "stations")
    hours_available = Column("available", "stations")

    @property
    def station(self) -> int:
        """Row of its desk."""
        return self.row


class Resident(Row):
    """A household: what it expects, trusts and believes (3.4). Beliefs are read out of the lazy gossip form."""

    table = "households"
    expectation = Column("expectation")
    ses = Column("ses")

    @property
    def building(self) -> int:
        """Row of its building."""
        first = self.model.engine.world.buildings["first_household"]
        return int(np.searchsorted(first, self.row, side="right")) - 1

    belief_community = Felt("community", "belief_scale")
    belief_petition = Felt("petition", "belief_scale")
    belief_law = Felt("law", "belief_scale")
    belief_hotline = Felt("hotline", "belief_scale")
    trust_community = Felt("trust_community", "trust_scale")
    trust_city = Felt("trust_city", "trust_scale")


class Volunteer(Row):
    """The steward of a building (L3)."""

    table = "buildings"
    motivation = Column("steward_motivation")
    fatigue = Column("steward_fatigue")
    activity = Column("steward_activity")
    compound = Column("compound")


class CompoundBranch(Row):
    """The Party branch of a residential compound: its body (L2), what that adds to familiarity, its fund."""

    table = "compounds"
    community = Column("community")
    households = Column("n_households")
    has_body = Column("has_body")
    familiarity_gain = Column("familiarity")
    money = Column("money")


class Community(Unit):
    """A residents' committee with its desk and its fund."""

    table = "communities"
    subdistrict = Column("subdistrict")
    households = Column("n_households")
    open_issues = Column("open_issues")
    money = Column("money")
    has_body = Column("has_body")
    pairing_clarity = Column("pairing_clarity")


class Subdistrict(Unit):
    """A subdistrict office with its desk and its fund."""

    table = "subdistricts"
    communities = Column("n_communities")
    money = Column("money")

    @property
    def station(self) -> int:
        """Row of its desk: subdistricts come after the communities."""
        return int(self.model.engine.world.p["n_communities"][0]) + self.row


class Department(Row):
    """A city department; its desk may be several teams, whose numbers are added up (ruling 18)."""

    @property
    def name(self) -> str:
        """Code of the department."""
        return DEPARTMENTS[self.row]

    workers = Total("n_workers")
    queue_length = Total("queue_length")
    queued_hours = Total("queued_hours")
    hours_served = Total("served")


class Leader(Row):
    """A city leader: how many directives of theirs are live (E1)."""

    table = "leaders"
    live_directives = Column("live")


class Organisation(Row):
    """A firm, social organisation or market of a community (L1)."""

    table = "organisations"
    community = Column("community")
    skill = Column("skill", names=SKILLS)
    monthly_hours = Column("hours")
    stake = Column("stake")
    gives = Column("gives")


class InServiceMember(Row):
    """A Party member in service who reports to the community at home (E4). There are none while E4 is off."""

    table = "members"
    community = Column("community")
    department = Column("department")
    skill = Column("skill", names=SKILLS)
    motivation = Column("motivation")
    fatigue = Column("fatigue")
    is_active = Column("active")
    is_on_roster = Column("on_roster")

"""The whole of what is asked: a city, its demand, its staff, its people, a mechanism, a horizon."""

from pydantic import model_validator

from govsim.scenario.behaviour import Behaviour
from govsim.scenario.city import City
from govsim.scenario.demand import Demand
from govsim.scenario.fields import Frozen, number
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.shocks import Shocks
from govsim.scenario.staffing import Staffing


class Interruption(Frozen):
    """A reservation taken from the user's own calendar: it pre-empts the first worker of a unit."""

    community: int = number(0, "1", 0, 100000, "[A]", "index of the community")
    day: float = number(0.0, "d", 0, 1e6, "[A]", "moment, days since start")
    hours: float = number(1.0, "h", 0, 1000, "[A]", "length")


class Scenario(Frozen):
    """Everything one run needs; two equal scenarios give equal runs."""

    name: str = "scenario"
    city: City = City.preset("standard")
    demand: Demand = Demand()
    staffing: Staffing = Staffing()
    behaviour: Behaviour = Behaviour()
    mechanism: Mechanism = Mechanism()
    mechanism_name: str = "B0"
    external: ExternalHours = ExternalHours()
    interruptions: tuple[Interruption, ...] = ()
    shocks: Shocks = Shocks()
    days: int = number(1095, "d", 1, 36500, "[A]", "horizon, X1")
    burn_in_days: int = number(365, "d", 0, 36500, "[A]", "under B0 before the variant starts")
    seed: int = number(1, "1", 0, 2**63 - 1, "[A]", "replications count up from it")

    @model_validator(mode="after")
    def _consistent(self) -> "Scenario":
        if self.burn_in_days > self.days:
            raise ValueError(f"burn_in_days {self.burn_in_days} is beyond the horizon of {self.days} days")
        last = self.city.n_communities - 1
        for n, interruption in enumerate(self.interruptions):
            if interruption.community > last:
                raise ValueError(f"interruptions[{n}].community {interruption.community}: the city has communities 0 to {last}")
        codes = [kind.code for kind in self.demand.types]
        for n, shock in enumerate(self.shocks.demand):
            if shock.type not in codes:
                raise ValueError(f"shocks.demand[{n}].type is {shock.type!r}; the types are {', '.join(codes)}")
        places = [(f"demand[{n}]", s.community) for n, s in enumerate(self.shocks.demand) if s.community is not None]
        places += [("dispute", self.shocks.dispute.community)] if self.shocks.dispute.enabled else []
        for name, place in places:
            if place > last:
                raise ValueError(f"shocks.{name}.community {place}: the city has communities 0 to {last}")
        if self.shocks.renovation.enabled and "RENO" not in codes:
            raise ValueError(f"shocks.renovation needs the type RENO; the types are {', '.join(codes)}")
        for name in ("demand", "desks"):
            for n, shock in enumerate(getattr(self.shocks, name)):
                if self.burn_in_days + shock.start >= self.days:
                    raise ValueError(f"shocks.{name}[{n}] begins on day {self.burn_in_days + shock.start}, the run ends on day {self.days}")
        emergency = self.shocks.emergency
        if emergency.enabled and self.burn_in_days + emergency.start >= self.days:
            raise ValueError(f"shocks.emergency begins on day {self.burn_in_days + emergency.start}, the run ends on day {self.days}")
        return self

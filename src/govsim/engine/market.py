"""Property firms as a market: who is content pays, and what is paid is what there is to work with (3.10 RV5)."""

from govsim.engine.compiled import kernel
from govsim.engine.service import move_package, put_down
from govsim.engine.state import PACKAGES


@kernel
def rate_firm(w, i, satisfaction):
    """What a household thinks of how an issue of the firm's types was closed counts in its compound this month."""
    a = w.arrivals[i]
    x = w.buildings[a.building].compound
    if w.kinds[a.type].property_firm == 1 and w.compounds[x].firm >= 0:
        w.market[x].satisfaction += satisfaction
        w.market[x].judged += 1.0


@kernel
def settle_fees(w, t):
    """Monthly: phi <- clip(phi + eta (S - S_phi), 0, 1), S the month's mean satisfaction; the firm's hours follow phi."""
    p = w.p[0]
    for x in range(p.n_compounds):
        compound = w.compounds[x]
        row = w.market[x]
        if compound.firm >= 0 and row.judged > 0.0:
            paid = compound.fee
            change = p.RV5_fee_learning * (row.satisfaction / row.judged - p.RV5_satisfaction_norm)
            compound.fee = min(1.0, max(0.0, paid + change))
            w.stations[compound.firm].window = p.hours_per_workday * compound.fee / row.share
            if compound.fee == 0.0 and paid > 0.0:
                close_firm(w, x, t)
        row.satisfaction = 0.0
        row.judged = 0.0


@kernel
def close_firm(w, x, t):
    """Nobody pays any more: the community takes over what waits."""
    firm = w.compounds[x].firm
    put_down(w, firm)
    for k in range(w.pools[PACKAGES].used):
        pk = w.packages[k]
        if pk.issue >= 0 and pk.done == 0 and pk.station == firm:
            move_package(w, k, w.compounds[x].community, t)

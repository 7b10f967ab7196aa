"""What a comparison reads off a run: which metrics, in which block, and what hours are worth.

One outcome is primary, U(180) beside the hours from outside the fixed staff; everything else is
exploratory and carries no verdict (ruling Y6). The names are those of `govsim.results.metrics`.
"""

from collections.abc import Mapping

PRIMARY = "unresolved_days_180"
"""U(180): mean days of the first 180 that a latent issue is without a true, lasting resolution."""

EXTERNAL = "hours_external"
"""Hours from outside the fixed staff, per 1,000 residents and year (ruling W5)."""

MARGIN_SHARE = 0.02
"""Margin of equivalence, as a share of the baseline's U(180) (ruling Y6)."""

PAYERS = (
    "leaders", "part_time_members", "organisations", "in_service_work", "in_service_leisure",
    "resident_volunteers", "residents",
    "departments", "subdistricts", "communities", "petition_office", "property_firms",
)  # fmt: skip
"""Who pays hours; the first seven stand outside the fixed staff."""

N_EXTERNAL = 7

PRICES: Mapping[str, float] = {
    "leaders": 3.0,
    "departments": 1.5,
    "organisations": 1.5,
    "part_time_members": 1.5,
    "in_service_work": 1.5,
    "subdistricts": 1.0,
    "communities": 1.0,
    "petition_office": 1.0,
    "property_firms": 1.0,
    "in_service_leisure": 0.5,
    "resident_volunteers": 0.5,
    "residents": 0.5,
}
"""Price of an hour by payer (ruling W5): leader 3, professional 1.5, staff 1, leisure .5."""

NET_BENEFIT_GRID = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Priced hours that one more truly resolved issue is held to be worth (ruling X10)."""

STATES = (
    "resolved", "falsely_closed", "open_ordinary", "open_petitioned",
    "open_law", "never_voiced", "lapsed", "exited",
)  # fmt: skip
"""Where a latent issue is at the age of 180 days; the shares sum to 1 (ruling X2)."""

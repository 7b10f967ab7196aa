"""What in the hotline (RV1) does what: one of its rules off at a time, and calls made dearer.

python scripts/hotline.py

The standard city, by `govsim.compare`, with variants as a researcher would write them in a file. Nothing is asserted:
effect, voice and cost are written to `docs/science/hotline.md` as they come out.
"""

from pathlib import Path

from govsim.labels import label
from govsim.scenario.city import City
from govsim.scenario.profile import load_default_profile
from govsim.scenario.scenario import Scenario
from govsim.scenario.variant_files import read_variant
from govsim.scenario.variants import Variant, variant
from govsim.show.captions import caption
from govsim.studies.compare import PRIMARY, compare

WORLD = Scenario(city=City.preset("standard"), demand=load_default_profile().apply())
REPLICATIONS = 20
OFF = {
    "RV1 without ranking": {"ranking_pressure": 0.0},
    "RV1 without the list for the leadership": {"escalates": False},
    "RV1 without call-backs": {"coverage": 0.0},
    "RV1 without authority of orders": {"authority": 0.0},
    "RV1 without assignment by force": {"returns_max": 50},
    "RV1 as a channel alone": {"ranking_pressure": 0.0, "escalates": False, "coverage": 0.0, "authority": 0.0, "returns_max": 50},
}  # fmt: skip
"""Rules switched off, by what the variant is called."""
COSTS = (1.8, 2.5, 3.5, 4.5)
"""Access costs of a call, from the community's to the petition's; RV1 has 1.2."""
METRICS = (
    "unresolved_days_180_exits", "voiced_share", "via_hotline_share", "state_180_exited", "state_180_falsely_closed",
    "perfunctory_hours_share", "resolved_in_time_share", "orders_rate", "hours_external", "hours_priced",
)  # fmt: skip


def written(name: str, settings: dict[str, object]) -> Variant:
    """A variant of RV1 as its file would say it."""
    lines = [f"  mechanism.RV1.{knob}: {str(value).lower()}" for knob, value in settings.items()]
    return read_variant("\n".join([f"name: {name}", "parts: RV1", "settings:", *lines]))


def main() -> None:
    """Compare and write the page."""
    chosen = [variant("RV1"), *(written(name, settings) for name, settings in OFF.items())]
    chosen += [written(f"RV1 at an access cost of {cost:g}", {"access_cost": cost}) for cost in COSTS]
    chosen += [variant(name) for name in ("RV1+RV2", "F1", "F1+RV1")]
    found = compare(WORLD, ["B0", *chosen], REPLICATIONS, curve_replications=2)
    page = [
        "# The hotline, rule by rule", "",
        "Written by `python scripts/hotline.py`. U(180) as a difference from the baseline, in days: below nought, issues stay unresolved",
        "for a shorter time; intervals are simultaneous. The other columns are levels. Under other assumptions they may be others.", "",
        caption(found), "",
        "| | U(180) | Interval | Verdict | " + " | ".join(label(f"metric.{m}", "en") for m in METRICS) + " |",
        "|---" * (len(METRICS) + 4) + "|",
    ]  # fmt: skip
    table = found.table.set_index(["variant", "metric"])
    for name in ("B0", *(v.name for v in chosen)):
        effect = table.loc[(name, PRIMARY)]
        interval = f"{effect.simultaneous_low:+.2f} to {effect.simultaneous_high:+.2f}" if name != "B0" else ""
        verdict = label(f"message.verdict.{effect.verdict}", "en") if effect.verdict else ""
        levels = " | ".join(f"{table.loc[(name, m)].level:.4g}" for m in METRICS)
        page.append(f"| {name} | {effect.difference:+.2f} | {interval} | {verdict} | {levels} |")
    text = "\n".join([*page, ""])
    print(text)
    (Path(__file__).parents[1] / "docs" / "science" / "hotline.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

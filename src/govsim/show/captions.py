"""The caption of every figure and table of results: its regime, and what it is not (decision 6)."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from govsim.labels import has_label, label, variant_label
from govsim.results.run import Run
from govsim.scenario.inputs import input_at
from govsim.studies.compare import Comparison, regime_of

_MOST = 6
_THREE = ("several_departments_share", "lapse_rate")


def caption(comparison: Comparison, lang: str = "en") -> str:
    """Return the regime of a comparison in one paragraph, with the standing sentence."""
    p = comparison.provenance
    pool = [label("caption.pool", lang, **_values(p, lang))] if p["n_cities"] > 1 else []
    return paragraph("caption.regime", p, lang, *pool)


def run_caption(run: Run, lang: str = "en") -> str:
    """Return the regime of one run, and which variants were in place since when."""
    mark = "、" if lang == "zh" else ", "
    since = [next(same) for _, same in groupby(((0, "B0"), *run.switches), key=itemgetter(1))]
    steps = [label("caption.switch", lang, variant=variant_label(name, lang), day=day) for day, name in since]
    return paragraph("caption.run", regime_of(run.scenario) | {"variants": mark.join(steps), "name": run.scenario.name}, lang)


def paragraph(head: str, provenance: Mapping[str, Any], lang: str, *more: str) -> str:
    """Return a caption: what was done (the label `head`), the regime, what more there is to say, the standing sentence."""
    p, values = provenance, _values(provenance, lang)
    gap = "" if lang == "zh" else " "
    course = [label("caption.course", lang, name=course_name(p["course"], lang))] if p.get("course") else []
    said = [label(head, lang, **values), label("caption.loads", lang, **values), *changed(p, lang), *course, *more]
    return gap.join([*said, label(f"caption.stance.{_basis(p)}", lang)])


def _basis(provenance: Mapping[str, Any]) -> str:
    """What of a result is not assumed: the structure of a real city, a log's demand, both, or nothing."""
    real = "structure" if provenance.get("city_code") else ""
    log = "log" if provenance["profile"] not in ("default", "model") else ""
    return "_".join(filter(None, (real, log))) or "none"


def _values(provenance: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return what of the provenance a caption quotes, as it is written."""
    values = {k: v for k, v in provenance.items() if isinstance(v, str | int | float)}
    values |= {k: f"{provenance[k]:.3g}" for k in _THREE} | {"residents": f"{provenance['residents']:,}"}
    profile = f"caption.profile.{provenance['profile']}"
    return values | ({"profile": label(profile, lang)} if has_label(profile) else {})


def changed(provenance: Mapping[str, Any], lang: str) -> list[str]:
    """Return a sentence with the inputs that are not as by default, `_MOST` of them by name; none if all are."""
    found = provenance.get("changed", {})
    mark = "、" if lang == "zh" else ", "
    names = mark.join(f"{input_name(path, lang)} {value}" for path, value in list(found.items())[:_MOST])
    more = [label("caption.more", lang, n=len(found) - _MOST)] if len(found) > _MOST else []
    return [label("caption.changed", lang, inputs=mark.join([names, *more]))] if found else []


def input_name(path: str, lang: str) -> str:
    """Return what an input is called; that of an issue type with its code."""
    known = input_at(path)
    if known is None or known.path == path:
        return label(f"input.{path}", lang)
    return label("caption.of_type", lang, name=label(known.label_key, lang), code=path.split(".")[2])


def course_name(title: str, lang: str) -> str:
    """Return what a scenario is called; one of the user's own keeps its name."""
    return label(f"course.{title}", lang) if has_label(f"course.{title}") else title


def notes(comparison: Comparison, lang: str = "en") -> list[str]:
    """Return what a reader must know besides: pairs that do not correlate, claims that hang on a_A."""
    from govsim.studies.compare import PRIMARY

    rows = comparison.table[(comparison.table.metric == PRIMARY) & (comparison.table.variant != "B0")]
    mark = "、" if lang == "zh" else ", "
    found = []
    for key, chosen in (
        ("message.note.unpaired", rows[rows.correlation <= 0]),
        ("message.note.authority", rows[rows.authority_bound]),
    ):
        if len(chosen):
            names = mark.join(variant_label(n, lang) for n in chosen.variant)
            found.append(label(key, lang, names=names))
    paired = rows.correlation[rows.correlation > 0]
    if len(paired):
        values = {"low": f"{paired.min():.2f}", "high": f"{paired.max():.2f}"}
        found.append(label("message.note.paired", lang, **values))
    gained = 1 / (1 - rows.variance_saved[rows.variance_saved < 1])
    if len(gained):
        found.append(label("message.note.pairing", lang, low=f"{gained.min():.2f}", high=f"{gained.max():.2f}"))
    found.append(label("message.note.luck", lang))
    return found

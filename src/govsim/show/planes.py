"""Effect beside cost, one panel a scenario: the cost-effectiveness plane of ruling X10."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from govsim.labels import label, variant_label
from govsim.show import theme
from govsim.show.captions import caption, course_name
from govsim.show.figures import new_figure, wrapped, write_footer, write_title
from govsim.show.table import metric_name
from govsim.studies.compare import PRIMARY, Comparison

COST = "hours_priced"
_COLUMNS = 3


def plot_planes(comparisons: Mapping[str, Comparison], lang: str = "en") -> Any:
    """Draw what each variant changes against the baseline in each scenario: U(180) over priced hours, with intervals.

    Below the line issues are unresolved for fewer days, left of it fewer priced hours are spent; a variant may
    lie in any quarter. The caption tells every regime that occurs, once.

    Parameters
    ----------
    comparisons
        Name of a scenario -> variants compared under it.
    lang
        ``en`` or ``zh``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_rows = -(-len(comparisons) // _COLUMNS)
    with theme.theme(lang):
        figure = new_figure((14.0, 1.6 + 4.1 * n_rows))
        axes = figure.subplots(n_rows, _COLUMNS, squeeze=False)
        bottom = 1.5 / (1.6 + 4.1 * n_rows)
        figure.subplots_adjust(left=0.06, right=0.985, top=1 - 0.75 * bottom, bottom=bottom, hspace=0.5, wspace=0.28)
        for ax, (name, comparison) in zip(axes.flat, comparisons.items(), strict=False):
            _plane(ax, comparison, lang)
            write_title(ax, course_name(name, lang))
        for ax in list(axes.flat)[len(comparisons) :]:
            ax.set_axis_off()
        figure.text(0.012, 0.985, label("message.figure.planes", lang), fontsize=13.5, va="top")
        write_footer(figure, " ".join(dict.fromkeys(_regime(comparison, lang) for comparison in comparisons.values())), lang)
    return figure


def _regime(comparison: Comparison, lang: str) -> str:
    """Return the caption of a comparison but for its scenario, which the panel's title names."""
    return caption(replace(comparison, provenance={k: v for k, v in comparison.provenance.items() if k != "course"}), lang)


def _plane(ax: Any, comparison: Comparison, lang: str) -> None:
    """Draw one point a variant with the intervals of both differences."""
    rows = comparison.table[comparison.table.metric.isin((PRIMARY, COST))].set_index(["metric", "variant"])
    ax.axhline(0, color=theme.INK, lw=0.9)
    ax.axvline(0, color=theme.INK, lw=0.9)
    names = [n for n in comparison.provenance["variants"] if n != "B0"]
    effects = np.array([rows.loc[(PRIMARY, n)].difference for n in names])
    for k, name in enumerate(names):
        effect, cost = rows.loc[(PRIMARY, name)], rows.loc[(COST, name)]
        colour = theme.LINE_COLOURS[k % len(theme.LINE_COLOURS)]
        spans = [[[r.difference - r.low], [r.high - r.difference]] for r in (cost, effect)]
        ax.errorbar(cost.difference, effect.difference, spans[1], spans[0], fmt="o", ms=6, color=colour, elinewidth=1.3)
        ax.annotate(wrapped(variant_label(name, lang), lang, 24), (cost.difference, effect.difference),
                    (7, 5) if _is_above(effects, k) else (7, -5), textcoords="offset points", fontsize=8.5, color=colour,
                    va="bottom" if _is_above(effects, k) else "top")  # fmt: skip
    ax.margins(0.4, 0.25)
    unit = label("message.figure.planes.unit", lang)
    ax.set_xlabel(f"{metric_name(COST, lang)} {unit}", fontsize=8.5)
    ax.set_ylabel(metric_name(PRIMARY, lang), fontsize=8.5)


def _is_above(effects: np.ndarray, k: int) -> bool:
    """Whether a point's name goes above it: away from the nearest other point."""
    others = np.delete(effects, k)
    return len(others) == 0 or bool(others[np.argmin(abs(others - effects[k]))] <= effects[k])

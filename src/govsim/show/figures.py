"""Figures: a table in, a matplotlib figure out."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from govsim.engine.state import EXTERNAL_PAYERS, PAYERS, STATES
from govsim.labels import label, variant_label
from govsim.show import theme
from govsim.show.table import caption
from govsim.studies.compare import MARGIN_SHARE, PRIMARY, Comparison


def plot_comparison(comparison: Comparison, lang: str = "en") -> Any:
    """One picture of a comparison: effect, cost, where issues stand, and the curve over a_A."""
    import matplotlib.pyplot as plt

    with plt.rc_context(theme.settings(lang)):
        figure, axes = plt.subplots(2, 2, figsize=(13, 9.5), layout="constrained")
        names = comparison.provenance["variants"]
        _effects(axes[0, 0], comparison, [n for n in names if n != "B0"], lang)
        _hours(axes[0, 1], comparison, names, lang)
        _states(axes[1, 0], comparison, names, lang)
        _curve(axes[1, 1], comparison, names, lang)
        figure.suptitle(label("message.compare.title", lang), x=0.01, ha="left", fontsize=13)
        width = 75 if lang == "zh" else 165
        figure.supxlabel("\n".join(textwrap.wrap(caption(comparison, lang), width)), x=0.01, ha="left", fontsize=8, color=theme.MUTED)
    return figure


def save_comparison(comparison: Comparison, path: Path, lang: str = "en") -> None:
    """Draw a comparison without a screen and save it."""
    import matplotlib

    matplotlib.use("Agg")
    plot_comparison(comparison, lang).savefig(path, dpi=130)


def _short(name: str, lang: str) -> str:
    """A variant's name in lines short enough for an axis."""
    return "\n".join(textwrap.wrap(variant_label(name, lang), 11 if lang == "zh" else 24))


def _cell(comparison: Comparison, metric: str, names: list[str], column: str) -> np.ndarray:
    t = comparison.table[comparison.table.metric == metric].set_index("variant")
    return t.loc[names, column].to_numpy(float)


def _effects(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Differences of U(180) with simultaneous intervals and the margin of equivalence."""
    base = _cell(comparison, PRIMARY, ["B0"], "level")[0]
    mean = _cell(comparison, PRIMARY, names, "difference")
    low, high = _cell(comparison, PRIMARY, names, "simultaneous_low"), _cell(comparison, PRIMARY, names, "simultaneous_high")
    verdicts = comparison.table[comparison.table.metric == PRIMARY].set_index("variant").loc[names, "verdict"]
    y = np.arange(len(names))[::-1]
    ax.axvspan(-MARGIN_SHARE * base, MARGIN_SHARE * base, color=theme.FAINT, alpha=0.5, lw=0)
    ax.axvline(0, color=theme.INK, lw=0.8)
    for n in range(len(names)):
        colour = theme.VERDICT_COLOURS[verdicts.iloc[n]]
        ax.plot([low[n], high[n]], [y[n], y[n]], color=colour, lw=2)
        ax.plot(mean[n], y[n], theme.VERDICT_MARKERS[verdicts.iloc[n]], color=colour)
        ax.annotate(f"{mean[n]:+.1f}  {label('message.verdict.' + verdicts.iloc[n], lang)}", (mean[n], y[n]), xytext=(0, 6),
                    textcoords="offset points", ha="center", fontsize=8, color=colour)  # fmt: skip
    ax.set_yticks(y, [_short(n, lang) for n in names], fontsize=8)
    ax.set_ylim(-0.6, len(names) - 0.2)
    ax.set_title(label("message.figure.effect", lang, level=f"{base:.1f}"))


def _hours(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Hours by payer a 1,000 residents and year, as stacked bars; outside payers hatched."""
    y = np.arange(len(names))[::-1]
    left = np.zeros(len(names))
    colours = [*theme.LINE_COLOURS, *theme.STATE_COLOURS.values()]
    for n, payer in enumerate(PAYERS):
        hours = np.nan_to_num(_cell(comparison, f"hours_by_{payer}", names, "level"))
        if hours.max() <= 0:
            continue
        hatch = "///" if payer in EXTERNAL_PAYERS else None
        ax.barh(y, hours, left=left, color=colours[n], hatch=hatch, edgecolor="white", lw=0.3, label=label(f"payer.{payer}", lang))
        left += hours
    ax.set_yticks(y, [_short(n, lang) for n in names], fontsize=8)
    ax.set_title(label("message.figure.hours", lang))
    ax.legend(fontsize=7, ncols=4, loc="upper center", bbox_to_anchor=(0.45, -0.06))


def _states(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Where the latent issues stand at 180 days: every issue in exactly one state."""
    y = np.arange(len(names))[::-1]
    left = np.zeros(len(names))
    for state in STATES:
        share = np.nan_to_num(_cell(comparison, f"state_180_{state}", names, "level"))
        ax.barh(y, share, left=left, color=theme.STATE_COLOURS[state], edgecolor="white", lw=0.3, label=label(f"state.{state}", lang))
        left += share
    ax.set_yticks(y, [_short(n, lang) for n in names], fontsize=8)
    ax.set_xlim(0, 1)
    ax.set_title(label("message.figure.states", lang))
    ax.legend(fontsize=7, ncols=4, loc="upper center", bbox_to_anchor=(0.45, -0.06))


def _curve(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """The primary difference over a_A, never one value (ruling W2); equal authority at the right."""
    curve = comparison.curve
    asked = comparison.provenance["commit_authority"]
    points = {r: (asked if r == "asked" else 2.3 if r == "equal" else float(r)) for r in curve.regime.unique()}
    ax.axhline(0, color=theme.INK, lw=0.8)
    shown = [n for n in names if n != "B0" and not n.startswith(("cost", "money"))]
    for k, name in enumerate(shown):
        rows = curve[curve.variant == name].assign(x=lambda d: d.regime.map(points)).sort_values("x")
        grid, equal = rows[rows.regime != "equal"], rows[rows.regime == "equal"]
        colour = theme.LINE_COLOURS[k % len(theme.LINE_COLOURS)]
        ax.plot(grid.x, grid.difference, theme.LINE_STYLES[k % 4], marker="o", ms=4, color=colour, label=variant_label(name, lang))
        ax.fill_between(grid.x, grid.low, grid.high, color=colour, alpha=0.12, lw=0)
        ax.plot(equal.x, equal.difference, "D", ms=5, color=colour)
    ticks = sorted(points.values())
    ax.set_xticks(ticks, [label("message.figure.equal", lang) if x == 2.3 else f"{x:g}" for x in ticks], fontsize=8)
    ax.set_title(label("message.figure.curve", lang))
    ax.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.08))

"""Figures: a result in, a matplotlib figure out, the caption in it (decision 6)."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from govsim.engine.state import EXTERNAL_PAYERS, PAYERS, STATES
from govsim.labels import label, variant_label
from govsim.show import theme
from govsim.show.captions import caption
from govsim.studies.compare import MARGIN_SHARE, PRIMARY, Comparison

SIZE = (14.0, 10.6)
"""Width and height in inches."""

_EQUAL_GAP = 0.55
_SMALL = 8.0


def plot_comparison(comparison: Comparison, lang: str = "en") -> Any:
    """Draw a comparison on one page: effect, cost by payer, where issues stand, and the curve.

    Parameters
    ----------
    lang
        ``en`` or ``zh``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with theme.theme(lang):
        figure = new_figure()
        grid = figure.add_gridspec(
            2, 2, left=0.135, right=0.985, top=0.865, bottom=0.155, hspace=0.36, wspace=0.07,
            width_ratios=(0.82, 1.0), height_ratios=(1.0, 0.95),
        )  # fmt: skip
        names = list(comparison.provenance["variants"])
        _effects(figure.add_subplot(grid[0, 0]), comparison, names, lang)
        _hours(figure.add_subplot(grid[0, 1]), comparison, names, lang)
        _states(figure.add_subplot(grid[1, 0]), comparison, names, lang)
        _curve(figure.add_subplot(grid[1, 1]), comparison, names, lang)
        figure.text(0.012, 0.975, _headline(comparison, names, lang), fontsize=13.5, va="top")
        figure.text(0.012, 0.948, _range_over_authority(comparison, names, lang), fontsize=9.5, color=theme.MUTED, va="top")
        write_footer(figure, caption(comparison, lang), lang)
    return figure


def save_figure(figure: Any, path: str | Path, lang: str = "en", *, dpi: int = 130) -> None:
    """Write a figure in the format of the path's ending; the same figure gives the same bytes."""
    ending = Path(path).suffix
    with theme.theme(lang):
        meta = {"Date": None} if ending == ".svg" else {"Software": "govsim"}
        figure.savefig(path, dpi=dpi, metadata=meta)


def load_drawing() -> None:
    """Load what drawing and the analysis before it need: the library, what writes its files, the font."""
    from importlib import import_module

    for name in ("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "scipy.special"):
        import_module(name)
    theme.add_font()


def new_figure(size: tuple[float, float] = SIZE) -> Any:
    """Make a figure: one that a notebook shows by itself, elsewhere one without a window."""
    if theme.is_in_notebook():
        from matplotlib import pyplot

        return pyplot.figure(figsize=size)
    from matplotlib.figure import Figure

    return Figure(figsize=size)


def _cell(comparison: Comparison, metric: str, names: list[str], column: str) -> np.ndarray:
    t = comparison.table[comparison.table.metric == metric].set_index("variant")
    return t.loc[names, column].to_numpy(float)


def _verdicts(comparison: Comparison, names: list[str]) -> list[str]:
    t = comparison.table[comparison.table.metric == PRIMARY].set_index("variant")
    return [str(v) for v in t.loc[names, "verdict"]]


def wrapped(text: str, lang: str, latin: int) -> str:
    """Break a text into lines; a Chinese sign is as wide as two Latin ones."""
    return "\n".join(textwrap.wrap(text, latin // 2 if lang == "zh" else latin))


def write_footer(figure: Any, text: str, lang: str) -> None:
    """Put the caption at the foot of a page."""
    lines = wrapped(text, lang, 300 if lang == "zh" else 236)
    figure.text(0.012, 0.012, lines, fontsize=_SMALL, color=theme.MUTED, va="bottom", linespacing=1.4)


def _headline(comparison: Comparison, names: list[str], lang: str) -> str:
    """Say what became of the first variant that is not the baseline."""
    base = _cell(comparison, PRIMARY, ["B0"], "level")[0]
    first = _first(names)
    if first is None:
        return label("message.figure.alone", lang, level=f"{base:.1f}")
    mean, low, high = (f"{_cell(comparison, PRIMARY, [first], c)[0]:+.1f}" for c in ("difference", "simultaneous_low", "simultaneous_high"))
    verdict = label(f"message.verdict.{_verdicts(comparison, [first])[0]}", lang)
    return label(
        "message.figure.headline", lang, name=variant_label(first, lang), difference=mean,
        level=f"{base:.1f}", low=low, high=high, verdict=verdict,
    ).replace("-", "−")  # fmt: skip


def _first(names: list[str]) -> str | None:
    """The variant a headline is about: the full mechanism, else the first that is not the baseline."""
    return "F1" if "F1" in names else next((n for n in names if n != "B0"), None)


def _range_over_authority(comparison: Comparison, names: list[str], lang: str) -> str:
    """Say between what the same effect lies over the a_A tried, and what it is with equal authority (W2)."""
    name = _first(names)
    rows = comparison.curve[comparison.curve.variant == name].set_index("regime").difference
    over = rows.drop("equal", errors="ignore")
    if name is None or len(over) < 2 or "equal" not in rows:
        return ""
    values = {"low": f"{over.min():+.1f}", "high": f"{over.max():+.1f}", "equal": f"{rows['equal']:+.1f}"}
    return label("message.figure.range", lang, name=variant_label(name, lang), **values).replace("-", "−")


def _rows(ax: Any, names: list[str], lang: str | None) -> np.ndarray:
    """One row a variant from the top; named at the left unless `lang` is None."""
    y = np.arange(len(names))[::-1].astype(float)
    ax.set_ylim(-0.6, len(names) - 0.4)
    if lang is None:
        ax.set_yticks([])
    else:
        texts = [wrapped(variant_label(n, lang), lang, 27) for n in names]
        ax.set_yticks(y, texts, fontsize=8.5)
    ax.tick_params(length=0, axis="y")
    return y


def write_title(ax: Any, text: str, note: str = "", *, pad: float = 0.0) -> None:
    """Put the title at the left, with a note in small type below it."""
    rise = 20 + pad if note else 6 + pad
    ax.annotate(text, (0, 1), (0, rise), "axes fraction", "offset points", fontsize=10, va="bottom")
    if note:
        ax.annotate(note, (0, 1), (0, 6 + pad), "axes fraction", "offset points",
                    fontsize=_SMALL, color=theme.MUTED, va="bottom")  # fmt: skip


def _effects(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Differences of U(180) with simultaneous intervals and the margin of equivalence (Y6)."""
    base = _cell(comparison, PRIMARY, ["B0"], "level")[0]
    mean = _cell(comparison, PRIMARY, names, "difference")
    low = _cell(comparison, PRIMARY, names, "simultaneous_low")
    high = _cell(comparison, PRIMARY, names, "simultaneous_high")
    y = _rows(ax, names, lang)
    margin = MARGIN_SHARE * base
    ax.axvspan(-margin, margin, color=theme.FAINT, alpha=0.55, lw=0)
    ax.axvline(0, color=theme.INK, lw=0.9)
    for n, name in enumerate(names):
        if name == "B0":
            ax.annotate(f"{base:.1f}", (0, y[n]), (8, 0), textcoords="offset points",
                        va="center", fontsize=8.5, color=theme.MUTED)  # fmt: skip
            continue
        verdict = _verdicts(comparison, [name])[0]
        colour = theme.VERDICT_COLOURS[verdict]
        face = "white" if verdict == "undecided" else colour
        ax.plot([low[n], high[n]], [y[n], y[n]], color=colour, lw=2.4, solid_capstyle="butt")
        ax.plot(mean[n], y[n], theme.VERDICT_MARKERS[verdict], color=colour, mfc=face, ms=7)
        text = f"{mean[n]:+.1f} {label('message.verdict.' + verdict, lang)}".replace("-", "−")
        ax.annotate(text, (mean[n], y[n]), (0, 9), textcoords="offset points", ha="center", fontsize=8.5, color=colour,
                    bbox={"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 0.8})  # fmt: skip
    ends = np.concatenate([low, high, mean, [-margin, margin]])
    left, right = np.nanmin(ends), np.nanmax(ends)
    room = 0.16 * (right - left)
    ax.set_xlim(left - room, right + room)
    ax.spines["left"].set_visible(False)
    write_title(ax, label("message.figure.effect", lang, level=f"{base:.1f}"),
           label("message.figure.effect.note", lang))  # fmt: skip


def _hours(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Hours by payer as a grid: payers stand side by side and are not added (ruling X10)."""
    outside = [p for p in PAYERS if p in EXTERNAL_PAYERS]
    inside = [p for p in PAYERS if p not in EXTERNAL_PAYERS]
    payers = [*outside, *inside, "priced"]
    values = np.array([_payer_row(comparison, p, names) for p in payers]).T
    shown = [n for n, p in enumerate(payers) if p == "priced" or np.abs(values[:, n]).max() >= 0.5]
    y = _rows(ax, names, None)
    top = np.abs(values[[n != "B0" for n in names]][:, shown]).max(initial=1.0)
    for x, n in enumerate(shown):
        for r, name in enumerate(names):
            _hours_cell(ax, x, y[r], values[r, n], top, is_level=name == "B0")
    ax.set_xlim(-0.55, len(shown) - 0.45)
    ticks = [label(f"payer.short.{payers[n]}", lang) for n in shown]
    ax.set_xticks(range(len(shown)), ticks, rotation=22, ha="right", fontsize=_SMALL)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    counts = [sum(payers[n] in group for n in shown) for group in (outside, inside)]
    _brackets(ax, counts, len(names), lang)
    write_title(ax, label("message.figure.hours", lang), label("message.figure.hours.note", lang), pad=13)


def _payer_row(comparison: Comparison, payer: str, names: list[str]) -> list[float]:
    """Level of the baseline and differences of the others."""
    metric = "hours_priced" if payer == "priced" else f"hours_by_{payer}"
    level = np.nan_to_num(_cell(comparison, metric, names, "level"))
    difference = np.nan_to_num(_cell(comparison, metric, names, "difference"))
    return [lv if n == "B0" else d for n, lv, d in zip(names, level, difference, strict=True)]


def _hours_cell(ax: Any, x: int, y: float, value: float, top: float, *, is_level: bool) -> None:
    """Tint a cell by its size, orange for more hours, blue for fewer, and write the number."""
    from matplotlib.patches import Rectangle

    strength = 0.0 if is_level else min(1.0, abs(value) / top) ** 0.5
    colour = theme.ORANGE if value > 0 else theme.SKY
    ax.add_patch(Rectangle((x - 0.47, y - 0.42), 0.94, 0.84, color=colour, alpha=0.75 * strength, lw=0))
    text = f"{value:,.0f}" if is_level else f"{value:+,.0f}".replace("-", "−")
    quiet = is_level or abs(value) < 0.5
    ax.text(x, y, "0" if abs(value) < 0.5 else text, ha="center", va="center", fontsize=8.2,
            color=theme.MUTED if quiet else theme.INK)  # fmt: skip


def _brackets(ax: Any, counts: list[int], n_rows: int, lang: str) -> None:
    """Say above the grid which payers stand outside the fixed staff."""
    start = 0
    for count, key in zip(counts, ("outside", "inside"), strict=True):
        if count:
            ends = (start - 0.42, start + count - 0.58)
            ax.plot(ends, [n_rows - 0.44] * 2, color=theme.MUTED, lw=1.2, clip_on=False)
            ax.text(np.mean(ends), n_rows - 0.4, label(f"message.figure.hours.{key}", lang),
                    ha="center", va="bottom", fontsize=_SMALL, color=theme.MUTED)  # fmt: skip
        start += count


def _states(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Where latent issues stand at 180 days: each in exactly one state (ruling X2)."""
    y = _rows(ax, names, lang)
    left = np.zeros(len(names))
    for state in STATES:
        share = np.nan_to_num(_cell(comparison, f"state_180_{state}", names, "level"))
        colour = theme.STATE_COLOURS[state]
        ax.barh(y, share, 0.74, left=left, color=colour, edgecolor="white", lw=0.5,
                label=label(f"state.{state}", lang))  # fmt: skip
        light = state in ("open_ordinary", "open_petitioned", "open_law", "lapsed", "exited")
        for n in np.flatnonzero(share >= 0.055):
            ax.text(left[n] + share[n] / 2, y[n], f"{share[n]:.2f}"[1:] if share[n] < 1 else "1",
                    ha="center", va="center", fontsize=8, color=theme.INK if light else "white")  # fmt: skip
        left += share
    ax.set_xlim(0, 1)
    ax.spines["left"].set_visible(False)
    ax.legend(fontsize=_SMALL, ncols=4 if lang == "zh" else 3, loc="upper left", borderaxespad=0,
              bbox_to_anchor=(-0.3, -0.075), handlelength=1.1, columnspacing=1.3, handletextpad=0.5)  # fmt: skip
    write_title(ax, label("message.figure.states", lang))


def _curve(ax: Any, comparison: Comparison, names: list[str], lang: str) -> None:
    """Draw the primary difference over a_A; equal authority stands apart at the right (W2)."""
    curve = comparison.curve
    asked = comparison.provenance["commit_authority"]
    numbers = {r: asked if r == "asked" else float(r) for r in curve.regime.unique() if r != "equal"}
    apart = max(numbers.values()) + _EQUAL_GAP
    points = {**numbers, "equal": apart}
    ax.hlines(0, -0.08, apart * 1.02, color=theme.INK, lw=0.9)
    ax.axvline(apart - _EQUAL_GAP / 2, color=theme.FAINT, lw=1)
    ends: list[tuple[float, str, str]] = []
    shown = [n for n in names if n != "B0" and (curve.variant == n).sum() > 1 and "matched" not in n]
    for k, name in enumerate(shown):
        rows = curve[curve.variant == name].assign(x=lambda d: d.regime.map(points)).sort_values("x")
        line, equal = rows[rows.regime != "equal"], rows[rows.regime == "equal"]
        colour = theme.LINE_COLOURS[k % len(theme.LINE_COLOURS)]
        ax.fill_between(line.x, line.simultaneous_low, line.simultaneous_high, color=colour, alpha=0.13, lw=0)
        ax.plot(line.x, line.difference, theme.LINE_STYLES[k % 4], marker="o", ms=4, color=colour)
        ax.errorbar(equal.x, equal.difference, [equal.difference - equal.simultaneous_low, equal.simultaneous_high - equal.difference],
                    fmt="D", ms=5, color=colour, elinewidth=1.4)  # fmt: skip
        ends.append((float((equal if len(equal) else line).difference.iloc[-1]), name, colour))
    ax.set_xlim(-0.08, apart * 1.5)
    ticks = sorted(points.items(), key=lambda item: item[1])
    texts = [label("message.figure.equal", lang) if r == "equal" else f"{x:g}" for r, x in ticks]
    ax.set_xticks([x for _, x in ticks], texts, fontsize=8.5)
    _direct_labels(ax, ends, apart * 1.05, lang)
    ax.spines["bottom"].set_bounds(0, apart)
    write_title(ax, label("message.figure.curve", lang))


def _direct_labels(ax: Any, ends: list[tuple[float, str, str]], x: float, lang: str) -> None:
    """Write each line's name at its end, moved apart where they would touch."""
    low, high = ax.get_ylim()
    texts = [wrapped(variant_label(name, lang), lang, 26) for _, name, _ in ends]
    need = [(0.055 * (text.count("\n") + 1) + 0.012) * (high - low) for text in texts]
    order = list(np.argsort([y for y, _, _ in ends], kind="stable"))
    places: dict[int, float] = {}
    floor = -np.inf
    for n in order:
        places[n] = max(ends[n][0], floor + need[n] / 2)
        floor = places[n] + need[n] / 2
    ceiling = high
    for n in reversed(order):
        places[n] = min(places[n], ceiling - need[n] / 2)
        ceiling = places[n] - need[n] / 2
    for n, y in places.items():
        ax.annotate(texts[n], (x, y), va="center", fontsize=8.5, color=ends[n][2], annotation_clip=False)

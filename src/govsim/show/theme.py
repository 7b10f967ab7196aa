"""How figures look: type, colours, sizes. Matplotlib is touched here and in `figures.py` only.

Colours are those of Okabe and Ito (2008), told apart by people with any common colour blindness;
no figure carries a meaning by colour alone. Text in Chinese is drawn with the font that ships in
``fonts/`` (Noto Sans SC, SIL Open Font License, made by ``scripts/make_font.py``).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-Regular-subset.ttf"
FONT_FAMILY = "Noto Sans SC"

INK = "#222222"
MUTED = "#6b6b6b"
FAINT = "#d9d9d9"

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"

VERDICT_COLOURS = {"win": BLUE, "loss": VERMILION, "tie": MUTED, "undecided": MUTED}
VERDICT_MARKERS = {"win": "o", "loss": "s", "tie": "D", "undecided": "o"}

STATE_COLOURS = {
    "resolved": "#007F5F",
    "falsely_closed": VERMILION,
    "open_ordinary": "#BFD7EA",
    "open_petitioned": ORANGE,
    "open_law": SKY,
    "never_voiced": "#5C5C5C",
    "lapsed": "#A6A6A6",
    "exited": YELLOW,
}
LINE_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
LINE_STYLES = ("-", "--", "-.", ":")


@lru_cache(maxsize=1)
def add_font() -> str:
    """Make the shipped font known to matplotlib, once; return its family."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(FONT_FILE)
    return FONT_FAMILY


def settings(lang: str = "en", *, scale: float = 1.0) -> dict[str, Any]:
    """Return matplotlib's parameters for a language.

    Parameters
    ----------
    lang
        ``en`` or ``zh``. Latin text is set in DejaVu Sans under ``en``; a Chinese name in it falls
        back to the shipped font sign by sign.
    scale
        Factor on all type sizes, such as 1.4 for a projector.
    """
    family = add_font()
    families = [family, "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans", family]
    size = 9.5 * scale
    return {
        "font.family": families,
        "font.size": size,
        "axes.titlesize": size * 1.12,
        "axes.titleweight": "normal",
        "axes.titlelocation": "left",
        "axes.labelsize": size,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": INK,
        "xtick.labelsize": size * 0.92,
        "ytick.labelsize": size,
        "legend.frameon": False,
        "legend.fontsize": size * 0.92,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "svg.fonttype": "path",
        "svg.hashsalt": "govsim",
        "pdf.fonttype": 42,
    }


@contextmanager
def theme(lang: str = "en", *, scale: float = 1.0) -> Iterator[None]:
    """Draw everything inside the block in the house style; other figures keep theirs.

    seaborn's own ``set_theme`` replaces the fonts: call it before, not after.
    """
    from matplotlib import rc_context

    load_backend()
    chosen: Any = settings(lang, scale=scale)
    with rc_context(chosen):
        yield


def is_in_notebook() -> bool:
    """Whether a notebook's kernel runs this, which shows figures by itself; that its package is imported says nothing."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


@lru_cache(maxsize=1)
def load_backend() -> None:
    """Let a notebook's backend load outside `rc_context`, which would undo what it sets: only the first figure would show."""
    if is_in_notebook():
        from matplotlib import pyplot

        pyplot.switch_backend(pyplot.get_backend())

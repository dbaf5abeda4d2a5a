"""New axes, and the look that all figures share without touching matplotlib's settings."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe & Ito's colours, which nearly everybody can tell apart, the farthest from each other.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"
COLOURS = "viridis"
SIZE = (5.6, 4.4)
LETTER = 6.0  # points across, on the average


def axes(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """``ax``, or the only axes of a new figure of some size in inches."""
    if ax is None:
        return pyplot().subplots(figsize=size, layout="constrained")[1]
    if not hasattr(ax, "transAxes"):
        raise TypeError(f"`ax` must be matplotlib Axes or None; got {ax!r}.")
    return ax


def pyplot() -> Any:
    """matplotlib's pyplot; ImportError with the way out where there is none."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as problem:
        raise ImportError(
            "plots need matplotlib: pip install 'hessmap[plot]', or pip install matplotlib"
        ) from problem
    return plt


def figure(ax: Axes) -> Any:
    """Figure, or part of one, that the axes are in."""
    return ax.get_figure()


def colour_bar(ax: Axes, drawn: Any, label: str) -> None:
    """Colour bar beside the axes; its label is wrapped to their height."""
    letters = 72 * ax.get_window_extent().height / figure(ax).dpi / LETTER
    figure(ax).colorbar(drawn, ax=ax, label=fill(label, max(8, int(letters))))


def open_frame(ax: Axes) -> None:
    """Leave only the two sides of the frame that carry numbers."""
    ax.spines[["top", "right"]].set_visible(False)


def title(ax: Axes, text: str) -> None:
    """Title in the size of the text around it."""
    ax.set_title(text, fontsize="medium")


def words(ax: Axes, text: str) -> Axes:
    """Say in words why there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=ax.transAxes)
    return ax

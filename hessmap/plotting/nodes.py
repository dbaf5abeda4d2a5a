"""The resolutions that were tried: gap ratio and disagreement against the number of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import whole
from .style import BLUE, GREY, ORANGE, axes, open_frame, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..nodes.resolution import Resolution


NEEDED = ("n_nodes", "spectral_gap", "disagreement")
MOST_NAMES = 6  # below the axis


def resolutions(
    tried: Sequence[Resolution], n_nodes: int | None = None, *, ax: Axes | None = None
) -> Axes:
    """Gap ratio and disagreement of every number of nodes that was tried.

    Parameters
    ----------
    tried : sequence of Resolution
        As in ``report_.resolutions``: each has ``n_nodes``, ``spectral_gap`` and
        ``disagreement``. NaN is left out; numbers of nodes that could not be solved are crosses.
    n_nodes : int or None
        The number that was taken, to mark.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If something else was passed.
    """
    if not isinstance(tried, Sequence):
        raise TypeError(f"`tried` must be a sequence of resolutions; got {tried!r}.")
    missing = [one for one in tried if not set(NEEDED) <= set(dir(one))]
    if missing:
        raise TypeError(f"`tried` must hold resolutions with {NEEDED}; got {missing[0]!r}.")
    ax = axes(ax)
    if not len(tried):
        return words(ax, "no choice was made:\none resolution was solved")
    nodes = np.array([one.n_nodes for one in tried], dtype=np.float64)
    gap = np.array([one.spectral_gap for one in tried], dtype=np.float64)
    apart = np.array([one.disagreement for one in tried], dtype=np.float64)
    ax.set_xscale("log")
    ax.set_yscale("log")
    _line(ax, nodes, gap, marker="o", color=BLUE, label="gap ratio")
    label = "disagreement with the coarser"
    _line(ax, nodes, apart, marker="s", linestyle="--", color=ORANGE, label=label)
    failed = nodes[np.isnan(gap)]
    if len(failed):
        low = np.full(len(failed), 0.03)
        place = ax.get_xaxis_transform()
        ax.plot(failed, low, "x", color=GREY, transform=place, label="could not be solved")
    if n_nodes is not None:
        n_nodes = whole("n_nodes", n_nodes, at_least=1)
        ax.axvline(n_nodes, color=GREY, lw=1.2, zorder=0, label=f"taken: {n_nodes:,}")
    _ticks(ax, nodes)
    ax.set_xlabel("number of nodes")
    ax.set_ylabel("near 0 is good")
    ax.legend(  # above: nowhere else is never in the way
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize="small", frameon=False
    )
    open_frame(ax)
    return ax


def _line(ax: Axes, nodes: np.ndarray, values: np.ndarray, **style: Any) -> None:
    known = np.isfinite(values)
    if known.any():
        # an exact 0 would vanish from a logarithmic scale
        shown = np.maximum(values[known], np.finfo(np.float64).eps)
        ax.plot(nodes[known], shown, markersize=5, linewidth=1.2, **style)


def _ticks(ax: Axes, nodes: np.ndarray) -> None:
    """Numbers of nodes below the axis, as many as do not touch, and whole decades beside it."""
    from matplotlib.ticker import NullFormatter, NullLocator

    nodes = np.unique(nodes)[::-1]
    shown = [nodes[0]]
    for size in nodes:
        if np.log(shown[-1] / size) > np.log(nodes[0] / nodes[-1]) / MOST_NAMES:
            shown.append(size)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(shown, [f"{size:,.0f}" for size in shown])
    low, high = np.log10(ax.get_ylim())
    ax.set_ylim(0.8 * 10 ** np.floor(low), 1.25 * 10 ** np.ceil(high))
    ax.yaxis.set_minor_formatter(NullFormatter())

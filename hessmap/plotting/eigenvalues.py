"""The smallest eigenvalues and the gap after the null space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._validation import floats, whole
from .style import BLUE, GREY, ORANGE, axes, open_frame, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def spectrum(eigenvalues: np.ndarray, n_components: int, *, ax: Axes | None = None) -> Axes:
    """Smallest eigenvalues on a logarithmic scale, with the gap after the null space.

    Parameters
    ----------
    eigenvalues : array-like of shape (m,)
        Ascending, the constant's first, as in ``eigenvalues_``.
    n_components : int
        Number of factors d; the gap is expected after d + 1 eigenvalues.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If there are fewer than d + 2 eigenvalues, or one is not finite.
    """
    n_components = whole("n_components", n_components, at_least=1)
    eigenvalues = floats("eigenvalues", eigenvalues)
    if eigenvalues.ndim != 1 or len(eigenvalues) < n_components + 2:
        raise ValueError(
            f"`eigenvalues` must hold at least n_components + 2 = {n_components + 2} values; "
            f"got the shape {eigenvalues.shape}."
        )
    if not np.isfinite(eigenvalues).all():
        raise ValueError(f"`eigenvalues` must be finite; got {eigenvalues}.")
    ax = axes(ax)
    from matplotlib.ticker import MaxNLocator

    # the constant's eigenvalue is zero up to rounding: nothing that a logarithm could show
    precision = np.finfo(np.float64)
    values = np.maximum(eigenvalues[1:], max(precision.eps * eigenvalues[-1], precision.tiny))
    index = np.arange(2, len(eigenvalues) + 1)
    within = index <= n_components + 1
    ax.semilogy(index[within], values[within], "o", color=BLUE, ms=7, label="null space")
    ax.semilogy(index[~within], values[~within], "s", color=ORANGE, ms=7, label="rest")
    last, following = values[n_components - 1], values[n_components]
    middle = n_components + 1.5
    arrow = {"arrowstyle": "<->", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (middle, last), (middle, following), arrowprops=arrow)
    title(ax, f"gap ratio {last / following:.2g} (near 0 is good)")
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlim(index[0] - 0.5, index[-1] + 0.5)
    ax.set_xlabel("number (the first, of the constant, is zero)")
    ax.set_ylabel("eigenvalue")
    ax.legend(frameon=False, loc="upper left")
    open_frame(ax)
    return ax

"""The autoencoders that the HAE is compared with: a method, then ICA of the codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_array, check_is_fitted

from .._validation import seeded, whole
from ..exceptions import AssumptionWarning, warn
from ..ica import fit_ica
from .methods import AE, Method
from .student import Student

# Codes whose deviation is less than this share of the largest are rounding errors.
COLLAPSED = 1e-6


class Autoencoder(Student):
    """Autoencoder of one of several methods, and ICA of its codes.

    ``sources_`` are the independent components of the codes: of the d codes themselves, or of the d
    principal components of ``code_width`` codes, which is how FastICA with ``n_components=d``
    begins. Those of a variational method are the means.

    Parameters
    ----------
    n_components : int, default=2
        Number of factors d.
    method : AE, BetaVAE, AnnealedVAE, FactorVAE, BetaTCVAE or DIPVAE, default=AE()
        What is minimised.
    code_width : int or None, default=None
        Number of codes between encoder and decoder; None for d.
    architecture, shape, width, max_epochs, batch_size, learning_rate, validation_fraction
        As in HessianAutoencoder.
    patience : int or None, default=None
        As in HessianAutoencoder; None trains for all ``max_epochs``.
    precision, device, random_state, verbose
        As in HessianAutoencoder.

    Attributes
    ----------
    sources_ : ndarray of shape (n_samples, n_components)
        Independent components of the codes; dtype of X.
    encoder_, decoder_, scale_, history_, n_epochs_, held_out_, n_features_in_
        As in HessianAutoencoder. A variational encoder gives means and logarithms of variances.

    Examples
    --------
    >>> from hessmap.datasets import swiss_roll
    >>> from hessmap.deep import Autoencoder, BetaVAE
    >>> X, factors = swiss_roll(500, random_state=0)
    >>> model = Autoencoder(2, BetaVAE(beta=1.0), max_epochs=2, random_state=0).fit(X)
    >>> model.sources_.shape
    (500, 2)
    """

    def __init__(
        self,
        n_components: int = 2,
        method: Method | None = None,
        *,
        code_width: int | None = None,
        architecture: Any = "mlp",
        shape: tuple[int, ...] | None = None,
        width: int | None = None,
        max_epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        validation_fraction: float = 0.1,
        patience: int | None = None,
        precision: str = "float32",
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_components = n_components
        self.method = method
        self.code_width = code_width
        self.architecture = architecture
        self.shape = shape
        self.width = width
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.precision = precision
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: None = None, *, checkpoint: Any = None) -> Autoencoder:
        """Fit the networks, then ICA of the codes of all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; pictures flattened in C order, channels last.
        y : None
            Ignored.
        checkpoint : path or None
            As in HessianAutoencoder.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If X or a parameter is out of its range; each message names the way out.
        FloatingPointError
            If the loss becomes infinite or NaN.

        Warns
        -----
        AssumptionWarning, ConvergenceWarning
            If the codes vary in fewer than d directions, or ICA found no maximum.
        """
        d = whole("n_components", self.n_components, at_least=1)
        width = d if self.code_width is None else whole("code_width", self.code_width, at_least=d)
        method = AE() if self.method is None else self.method
        if not hasattr(method, "terms") or isinstance(method, type):
            raise TypeError(f"`method` must be one of hessmap.deep's, as AE(); got {method!r}.")
        rows, start = self._start(X, checkpoint, (method.n_outputs(width), width))
        if d > len(rows):
            raise ValueError(
                f"`n_components` must not exceed the number of rows, {len(rows)}; got {d}."
            )
        self._n_codes, self._n_features_out = width, d
        self._train(rows, method, width, start)
        self._separation = separate(self._means(self._encoded(rows)), d, start.seeds[0])
        self.sources_ = self._separation.sources.astype(self._dtype_of(rows), copy=False)
        return self

    def fit_transform(self, X: Any, y: None = None, *, checkpoint: Any = None) -> np.ndarray:
        """Fit and return ``sources_``; see ``fit``."""
        return self.fit(X, checkpoint=checkpoint).sources_

    def encode(self, X: Any, *, draw: bool = False, random_state: Any = None) -> np.ndarray:
        """Codes of rows, before ICA.

        Parameters
        ----------
        X : array-like of shape (m, n_features)
            Rows.
        draw : bool, default=False
            Draw codes from the Gaussians of a variational encoder in place of taking their means.
        random_state : int, RandomState, Generator or None
            Seed of the draws.

        Returns
        -------
        ndarray of shape (m, code_width), float64
        """
        check_is_fitted(self)
        outputs = self._encoded(self._rows(X, reset=False))
        codes = self._means(outputs)
        if draw and codes.shape != outputs.shape:
            spread = np.exp(0.5 * outputs[:, self._n_codes :].astype(np.float64))
            codes = codes + spread * seeded(random_state).standard_normal(codes.shape)
        return codes

    def decode(self, codes: Any) -> np.ndarray:
        """Rows (m, n_features), float64, of codes (m, code_width) as ``encode`` returns them."""
        check_is_fitted(self)
        codes = check_array(codes, dtype=np.float64, input_name="codes")
        if codes.shape[1] != self._n_codes:
            raise ValueError(f"`codes` must have {self._n_codes} columns; got {codes.shape[1]}.")
        return self._decoded(codes)

    def _means(self, outputs: np.ndarray) -> np.ndarray:
        return outputs[:, : self._n_codes].astype(np.float64)

    def _codes(self, outputs: np.ndarray) -> np.ndarray:
        return self._separation.apply(self._means(outputs))

    def _rows_of(self, codes: np.ndarray) -> np.ndarray:
        return self._decoded(self._separation.undo(codes))


@dataclass(frozen=True)
class Separation:
    """Principal components of codes, and ICA of these.

    Attributes
    ----------
    sources : ndarray of shape (n, d)
        Of unit variance.
    centre : ndarray of shape (w,)
        Mean of the codes.
    mixing : ndarray of shape (w, d)
        Codes, centred, of sources.
    unmixing : ndarray of shape (d, w)
        The reverse.
    """

    sources: np.ndarray
    centre: np.ndarray
    mixing: np.ndarray
    unmixing: np.ndarray

    def apply(self, codes: np.ndarray) -> np.ndarray:
        """Sources (m, d) of codes (m, w)."""
        return (codes - self.centre) @ self.unmixing.T

    def undo(self, sources: np.ndarray) -> np.ndarray:
        """Codes (m, w) of sources (m, d)."""
        return sources @ self.mixing.T + self.centre


def separate(codes: np.ndarray, n_components: int, random_state: int) -> Separation:
    """ICA of the principal components of codes (n, w), w >= d, float64.

    Warns
    -----
    AssumptionWarning
        If the codes vary in fewer than d directions (in single precision), as they do where a
        posterior collapses: what is found then means nothing.
    """
    pca = PCA(n_components, svd_solver="full").fit(codes)
    spread = pca.singular_values_
    n_alive = int((spread > COLLAPSED * max(spread[0], np.finfo(float).tiny)).sum())
    if n_alive < n_components:
        warn(
            f"collapsed: the codes vary in {n_alive} of {n_components} directions; the sources "
            "mean nothing. Another seed, more epochs or a smaller penalty may help.",
            AssumptionWarning,
        )
        scores = pca.transform(codes)
        deviation = np.where(scores.std(axis=0) > 0, scores.std(axis=0), 1.0)
        mixing, unmixing = np.diag(deviation), np.diag(1 / deviation)
    else:
        mixing = fit_ica(pca.transform(codes), random_state=random_state).mixing
        unmixing = np.linalg.inv(mixing)
    to_sources = unmixing @ pca.components_
    return Separation(
        (codes - pca.mean_) @ to_sources.T, pca.mean_, pca.components_.T @ mixing, to_sources
    )

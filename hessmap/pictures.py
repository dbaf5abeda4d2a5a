"""Smoothing of pictures before the road."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ._validation import check_flat, number, whole

BLOCK_ENTRIES = 1 << 24


class Blur(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Gaussian smoothing of flattened pictures.

    Pictures of moving objects with sharp edges lie on a strongly curved manifold: two pictures
    that differ by more than an edge's width are as far apart as any others. Smoothing widens the
    edges, so that fewer rows are enough to follow the manifold.

    Parameters
    ----------
    shape : tuple of int
        Shape of one picture: (height, width) or (height, width, channels). Channels are not
        mixed.
    sigma : float, default=3.0
        Standard deviation of the Gaussian, in pixels; 0 leaves the pictures as they are. About
        a quarter of the size of the moving thing is a good start.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns, the product of ``shape``.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from hessmap import HessianICA
    >>> from hessmap.datasets import shapes_xc
    >>> from hessmap.metrics import mcc
    >>> from hessmap.pictures import Blur
    >>> X, factors = shapes_xc(2000, size=32, side=10, random_state=0)
    >>> model = make_pipeline(Blur((32, 32, 2), sigma=2.5), HessianICA(random_state=0))
    >>> mcc(model.fit_transform(X), factors) > 0.99
    True
    """

    def __init__(self, shape: tuple[int, ...], sigma: float = 3.0) -> None:
        self.shape = shape
        self.sigma = sigma

    def fit(self, X: Any, y: None = None) -> Blur:
        """Check shape and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, height * width [* channels])
            Flattened pictures in C order.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If ``shape`` does not match the columns or ``sigma`` is out of its range.
        """
        check_flat(X)
        X = validate_data(self, X, dtype=[np.float64, np.float32])
        shape = self.shape
        if not isinstance(shape, tuple | list) or len(shape) not in (2, 3):
            raise ValueError(
                f"`shape` must be (height, width) or (height, width, channels); got {shape!r}."
            )
        shape = tuple(whole("shape", side, at_least=1) for side in shape)
        if int(np.prod(shape)) != X.shape[1]:
            raise ValueError(
                f"`shape` must have a product equal to the number of columns, {X.shape[1]}; "
                f"got {self.shape!r} with {int(np.prod(shape))}."
            )
        if number("sigma", self.sigma) > max(shape[:2]):
            raise ValueError(
                f"`sigma` must not exceed the size of a picture, {max(shape[:2])} pixels; "
                f"got {self.sigma}."
            )
        self.shape_ = shape
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Smooth pictures.

        Parameters
        ----------
        X : array-like of shape (n, height * width [* channels])
            Flattened pictures.

        Returns
        -------
        ndarray of the same shape
            Of the dtype of X (float64 where X is neither float32 nor float64).
        """
        check_is_fitted(self)
        check_flat(X)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        smoothed = np.empty_like(X, order="C")
        width = (0, self.sigma, self.sigma) + (0,) * (len(self.shape_) - 2)
        step = max(1, BLOCK_ENTRIES // X.shape[1])
        for start in range(0, len(X), step):
            block = X[start : start + step]
            pictures = gaussian_filter(block.reshape(-1, *self.shape_), width)
            smoothed[start : start + step] = pictures.reshape(len(block), -1)
        return smoothed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

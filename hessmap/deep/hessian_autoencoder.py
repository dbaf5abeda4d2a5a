"""HAE: an encoder and a decoder that learn from the sources of a HessianICA."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from ..estimators import HessianICA
from .architectures import Scale
from .methods import Taught
from .student import CODES, Start, Student


class HessianAutoencoder(Student):
    """Hessian autoencoder (HAE): networks that map rows to their independent factors and back.

    A teacher finds the factors of the rows; an encoder E learns to find them from a row, and a
    decoder D to make the row of them (Horan, Richardson & Weiss 2021, equation 1):

        mean (E(x) - y)^2 + mean (D(y) - x)^2,    y the teacher's codes, of unit variance.

    The two terms share no weights, so that what each of them is divided by makes no difference.

    Parameters
    ----------
    teacher : transformer or None, default=None
        Whose codes are learned: a HessianICA or a pipeline that ends in one, which is cloned and
        fitted; None for ``HessianICA(2)`` with a seed drawn from ``random_state``. A
        ``sklearn.frozen.FrozenEstimator`` is used as it was fitted. Pictures that a pipeline
        smooths are smoothed for the teacher only.
    architecture : {"mlp", "conv"} or (encoder, decoder), default="mlp"
        "mlp" has three hidden layers; "conv" is that of the paper, for pictures whose sides are
        multiples of 16. A pair of torch modules is copied and trained: the encoder from rows
        (B, n_features) to codes (B, n_components), the decoder back, float32. It gets rows as they
        are in X: scale them before, to variances near 1.
    shape : tuple of int or None, default=None
        Shape of a picture, (height, width) or (height, width, channels), for "conv".
    width : int or None, default=None
        Units of a hidden layer of "mlp" (None: 256), channels of the first convolution (None: 32;
        the paper has 128).
    max_epochs : int, default=100
        Largest number of passes over the rows.
    batch_size : int, default=32
        Rows of a step.
    learning_rate : float, default=1e-3
        Of Adam.
    validation_fraction : float, default=0.1
        Share of the rows that is held out, to see when to stop; 0 needs ``patience=None``.
    patience : int or None, default=10
        Epochs without a smaller loss on the held-out rows after which training stops; the weights
        of the best epoch are kept. None for all ``max_epochs``, and the last weights.
    precision : {"float32", "bfloat16"}, default="float32"
        What the networks compute in; weights are float32. "bfloat16" takes some 0.6 of the time on
        processors that have it, and several times as much on others.
    device : str, default="auto"
        Torch's name of a device; "auto" takes a GPU if there is one.
    random_state : int, RandomState, Generator or None, default=None
        Seed of the held-out rows, the first weights and the order of the rows. On a CPU the same
        seed and number of threads give the same result, bit for bit.
    verbose : bool, default=False
        Show a progress bar over the epochs, with the terms of the loss.

    Attributes
    ----------
    sources_ : ndarray of shape (n_samples, n_components)
        What the encoder makes of the rows, in the scale of the teacher's codes; dtype of X.
    teacher_ : transformer
        The fitted teacher.
    report_ : Report
        That of the teacher, where it has one; print it.
    encoder_, decoder_ : torch.nn.Module
        The trained networks, between scaled rows and scaled codes, (B, n_features) and
        (B, n_components), float32.
    scale_, code_scale_ : Scale
        Of rows and of codes: ``scaled`` brings them to the networks, ``restored`` back.
    history_ : dict of str to ndarray of shape (n_epochs,)
        Mean of each term of the loss in each epoch: ``encoder`` in units of the codes' variance,
        ``decoder`` in units of the scaled rows; ``held_out_...`` at the end of the epoch.
    n_epochs_ : int
        Number of epochs.
    held_out_ : ndarray of int
        Numbers of the rows that were held out.
    n_features_in_ : int
        Number of columns of X.

    Notes
    -----
    Rows that the teacher has no codes for (NaN) teach nothing; they have codes in ``sources_`` all
    the same. For "conv" ``inverse_transform`` keeps to the range of the values in X. ``X`` may be a
    memory map: batches of it are read as they are needed.

    Examples
    --------
    >>> from hessmap import HessianICA
    >>> from hessmap.datasets import swiss_roll
    >>> from hessmap.deep import HessianAutoencoder
    >>> from hessmap.metrics import mcc
    >>> X, factors = swiss_roll(1000, random_state=0)
    >>> teacher = HessianICA(2, random_state=0)
    >>> model = HessianAutoencoder(teacher, max_epochs=20, random_state=0).fit(X)
    >>> mcc(model.sources_, factors) > 0.98
    True
    >>> model.inverse_transform(model.sources_[:5]).shape
    (5, 3)
    """

    def __init__(
        self,
        teacher: Any = None,
        *,
        architecture: Any = "mlp",
        shape: tuple[int, ...] | None = None,
        width: int | None = None,
        max_epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        validation_fraction: float = 0.1,
        patience: int | None = 10,
        precision: str = "float32",
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.teacher = teacher
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

    def fit(self, X: Any, y: None = None, *, checkpoint: Any = None) -> HessianAutoencoder:
        """Fit the teacher, then the networks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; pictures flattened in C order, channels last.
        y : None
            Ignored.
        checkpoint : path or None
            Folder to which the training is written every minute and after every epoch, and the
            stages of a HessianICA as they end. A fit to the same rows with the same parameters
            goes on from there, to the identical result, if this one is killed.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If X or a parameter is out of its range; each message names the way out. Also what the
            teacher raises.
        FloatingPointError
            If the loss becomes infinite or NaN.

        Warns
        -----
        AssumptionWarning
            If the teacher's report has findings.
        """
        rows, start = self._start(X, checkpoint)
        codes = self._taught(X, len(rows), start)
        known = np.isfinite(codes).all(axis=1)
        if not known.any():
            raise ValueError("`teacher` must have codes for some rows; it has only NaN.")
        spread = codes[known].std(axis=0)
        self.code_scale_ = Scale(codes[known].mean(axis=0), np.where(spread > 0, spread, 1.0))
        scaled = self.code_scale_.scaled(codes)
        self._n_features_out = codes.shape[1]
        self._train(rows, Taught(), codes.shape[1], start, scaled)
        self.sources_ = self._codes(self._encoded(rows)).astype(self._dtype_of(rows), copy=False)
        return self

    def fit_transform(self, X: Any, y: None = None, *, checkpoint: Any = None) -> np.ndarray:
        """Fit and return ``sources_``; see ``fit``."""
        return self.fit(X, checkpoint=checkpoint).sources_

    def _taught(self, X: Any, n_rows: int, start: Start) -> np.ndarray:
        """Codes (n, d) of the fitted teacher, float64."""
        steps, teacher = start.checkpoint, self.teacher
        if teacher is None:
            teacher = HessianICA(2, random_state=start.seeds[0])
        usable = hasattr(teacher, "fit") and hasattr(teacher, "transform")
        if not usable or isinstance(teacher, type):
            raise TypeError(
                "`teacher` must be None or a transformer with `fit` and `transform`; got "
                f"{self.teacher!r}."
            )
        self.teacher_ = clone(teacher)
        goes_on = {}
        if steps is not None and "checkpoint" in inspect.signature(self.teacher_.fit).parameters:
            goes_on["checkpoint"] = steps.folder / "teacher"
        self.teacher_.fit(X, None, **goes_on)
        codes = np.asarray(_codes_of(self.teacher_, X), dtype=np.float64)
        report = getattr(_last(self.teacher_), "report_", None)
        if report is not None:
            self.report_ = report
        if codes.ndim != 2 or len(codes) != n_rows or codes.shape[1] == 0:
            raise ValueError(
                f"`teacher` must give codes of shape ({n_rows}, d); it gave {codes.shape}."
            )
        if steps is not None:
            kept = steps.load(CODES)
            if kept is None:
                steps.save(CODES, codes, {})
            elif not np.array_equal(kept[0], codes, equal_nan=True):
                raise ValueError(
                    "`teacher` must find the same codes again to go on from `checkpoint`; it found "
                    "others. Give it a `random_state`, or name another folder."
                )
        return codes

    def _codes(self, outputs: np.ndarray) -> np.ndarray:
        return self.code_scale_.restored(outputs)

    def _rows_of(self, codes: np.ndarray) -> np.ndarray:
        return self._decoded(self.code_scale_.scaled(codes))


def _codes_of(teacher: Any, X: Any) -> Any:
    """What a teacher says of rows: NaN where it set rows aside, or where they are far from all."""
    last = teacher[-1] if isinstance(teacher, Pipeline) else teacher
    if isinstance(last, FrozenEstimator):  # whose `sources_` may be of other rows
        far = {"far": "nan"} if "far" in inspect.signature(teacher.transform).parameters else {}
        return teacher.transform(X, **far)
    sources = getattr(_last(teacher), "sources_", None)
    return teacher.transform(X) if sources is None else sources


def _last(teacher: Any) -> Any:
    """The estimator at the end of a frozen estimator or a pipeline."""
    if isinstance(teacher, FrozenEstimator):
        return _last(teacher.estimator)
    return _last(teacher.steps[-1][1]) if isinstance(teacher, Pipeline) else teacher

"""What both estimators share: networks that are fitted to rows, and map them to codes and back."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._validation import check_flat, choice, naming, number, seeded, whole
from ..rows import in_memory
from ..storage.checkpoint import Checkpoint, Fingerprint, folder_of, plain
from .architectures import Sizes, check, pair_of, probe, probe_pair, scale_of, with_linear
from .identity import described
from .methods import Method, Networks
from .training import BLOCK, Data, Plan, own_generator, train

PRECISIONS = ("float32", "bfloat16")
N_SEEDS = 3
CODES = "codes"


@dataclass(frozen=True)
class Start:
    """Seeds of the teacher or of ICA, of the weights, and of the training; and a checkpoint."""

    seeds: list[int]
    checkpoint: Checkpoint | None = None


class Student(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Networks that are fitted to rows, and map them to codes and back."""

    def _rows(self, X: Any, *, reset: bool) -> np.ndarray:
        check_flat(X)
        least = 2 if reset else 1
        with naming("X"):
            rows = validate_data(self, X, dtype="numeric", reset=reset, ensure_min_samples=least)
        return rows.astype(np.float64) if rows.dtype == np.longdouble else rows

    def _start(
        self, X: Any, checkpoint: Any, widths: tuple[int, int] | None = None
    ) -> tuple[np.ndarray, Start]:
        """Checked rows, and what a fit starts from; ``widths`` are n_outputs and n_codes if known.

        Everything that is wrong with a parameter is said here, before any work. From here on to
        the end of the fit there are no networks that an interrupted one could mix up.
        """
        for name in ("_trained", "report_"):
            self.__dict__.pop(name, None)
        rows = self._rows(X, reset=True)
        whole("max_epochs", self.max_epochs, at_least=1)
        whole("batch_size", self.batch_size, at_least=1)
        number("learning_rate", self.learning_rate, above=0.0)
        if self.width is not None:
            whole("width", self.width, at_least=1)
        if not number("validation_fraction", self.validation_fraction) < 1:
            raise ValueError(
                f"`validation_fraction` must be below 1; got {self.validation_fraction}."
            )
        if self.patience is not None:
            whole("patience", self.patience, at_least=1)
            if self.validation_fraction == 0:
                raise ValueError(
                    "`patience` must be None where no rows are held out; got "
                    f"{self.patience} with validation_fraction=0."
                )
        choice("precision", self.precision, PRECISIONS)
        self._pictures = check(self.architecture, self.shape, rows.shape[1])
        self._device = device_of(self.device)
        if not isinstance(self.architecture, str):
            with _shielded(self._device):
                encoder, decoder = copy.deepcopy(tuple(self.architecture))
                probe_pair(encoder, decoder, rows.shape[1], widths)
        seeds = [int(s) for s in seeded(self.random_state).randint(2**31, size=N_SEEDS)]
        folder = folder_of(checkpoint)
        if folder is None:
            return rows, Start(seeds)
        steps = Checkpoint(folder, self._identity(rows))
        kept = steps.load("seeds")
        if kept is None:
            steps.save("seeds", seeds, {})
            return rows, Start(seeds, steps)
        return rows, Start(kept[0], steps)

    def _identity(self, rows: np.ndarray) -> dict[str, Any]:
        """What a checkpoint belongs to."""
        from .. import __version__

        parameters = {**plain(self.get_params(deep=False)), "device": str(self._device)}
        table = in_memory(rows)
        return {
            "estimator": type(self).__name__,
            "hessmap": __version__,
            "torch": torch.__version__,
            **{name: described(value) for name, value in parameters.items()},
            "rows": f"{rows.shape[0]} x {rows.shape[1]}, {rows.dtype}, "
            f"{table.passed(Fingerprint())[0]:016x}",
        }

    def _train(
        self,
        rows: np.ndarray,
        method: Method,
        n_codes: int,
        start: Start,
        codes: np.ndarray | None = None,
    ) -> None:
        """Make networks and train them, on the rows whose ``codes`` are finite if it has some."""
        known = np.arange(len(rows))
        if codes is not None:
            known = np.flatnonzero(np.isfinite(codes).all(axis=1))
        learned, held_out = _parted(known, self.validation_fraction, start.seeds[1])
        self.scale_ = scale_of(self.architecture, rows, known)
        with _shielded(self._device):
            networks = self._networks(rows.shape[1], n_codes, method, start.seeds[1])

        def scaled(numbers: np.ndarray) -> np.ndarray:
            return self.scale_.scaled(rows[numbers])

        plan = Plan(
            int(self.max_epochs),
            int(self.batch_size),
            None if self.patience is None else int(self.patience),
            float(self.learning_rate),
            bool(self.verbose),
            start.seeds[2],
            draws=not isinstance(self.architecture, str),
        )
        data = Data(scaled, codes, learned, held_out)
        with _shielded(self._device):
            state = train(networks, method, data, plan, start.checkpoint)
        self._set_networks(networks.eval())
        self.history_ = {name: np.array(values) for name, values in state.history.items()}
        self.n_epochs_ = state.epoch
        self.held_out_ = held_out

    def _networks(self, n_columns: int, n_codes: int, method: Method, seed: int) -> Networks:
        """New networks with first weights that depend on the seed alone, on the device."""
        n_outputs = method.n_outputs(n_codes)
        with own_generator(seed, torch.device("cpu")):
            sizes = Sizes(n_columns, n_codes, n_outputs, self.width)
            encoder, decoder = pair_of(self.architecture, self._pictures, sizes)
            probe(encoder, n_columns, n_outputs, "encoder")
            probe(decoder, n_codes, n_columns, "decoder")
            encoder = with_linear(encoder, method.n_linear, n_outputs)
            helper = method.helper(n_codes)
        return Networks(encoder, decoder, helper, self.precision).to(self._device)

    def _set_networks(self, networks: Networks) -> None:
        self._trained = networks
        self.encoder_ = networks.encoder
        self.decoder_ = networks.decoder

    def _encoded(self, rows: np.ndarray) -> np.ndarray:
        """What the encoder makes of rows, float32."""
        return self._through(self._trained.encode, rows, self.scale_.scaled)

    def _decoded(self, codes: np.ndarray) -> np.ndarray:
        """Rows of the codes that the decoder takes, in the units of X; NaN where these are."""
        return self.scale_.restored(self._through(self._trained.decode, codes, np.float32))

    def _through(self, network: Any, rows: np.ndarray, scaled: Any) -> np.ndarray:
        """Rows through a network, in blocks of one size: each is by itself but for rounding."""
        parts = []
        with _shielded(self._device), torch.no_grad():
            for start in range(0, len(rows), BLOCK):
                block = np.ascontiguousarray(scaled(rows[start : start + BLOCK]))
                full = np.zeros((BLOCK, block.shape[1]), dtype=np.float32)
                full[: len(block)] = block
                made = network(torch.from_numpy(full).to(self._device))
                parts.append(made[: len(block)].cpu().numpy())
        return np.concatenate(parts)

    def transform(self, X: Any) -> np.ndarray:
        """Codes of rows.

        Parameters
        ----------
        X : array-like of shape (m, n_features)
            Rows, as in ``fit``.

        Returns
        -------
        ndarray of shape (m, n_components)
            In the scale of ``sources_``; of the dtype of X, float64 where that is no float.
        """
        check_is_fitted(self)
        rows = self._rows(X, reset=False)
        return self._codes(self._encoded(rows)).astype(self._dtype_of(rows), copy=False)

    def inverse_transform(self, Y: Any) -> np.ndarray:
        """Rows that have given codes.

        Parameters
        ----------
        Y : array-like of shape (m, n_components)
            Codes, as ``transform`` returns them.

        Returns
        -------
        ndarray of shape (m, n_features)
            In the units of X; of the dtype of Y, float64 where that is no float. NaN for rows of Y
            that are.
        """
        check_is_fitted(self)
        with naming("Y"):
            codes = check_array(Y, dtype="numeric", input_name="Y", ensure_all_finite="allow-nan")
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"`Y` must have {self._n_features_out} columns, one for each component; "
                f"got {codes.shape[1]}."
            )
        return self._rows_of(codes.astype(np.float64)).astype(self._dtype_of(codes), copy=False)

    def _codes(self, outputs: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _rows_of(self, codes: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_trained")

    @staticmethod
    def _dtype_of(array: np.ndarray) -> Any:
        """The dtype of what is made of an array: its own where that is float32 or float64."""
        return array.dtype if array.dtype in (np.float32, np.float64) else np.float64

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def device_of(device: Any) -> torch.device:
    """The torch device of a name; "auto" is the first of CUDA, MPS and CPU that is there."""
    if isinstance(device, str) and device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.zeros(1, device=found).cpu()
    except Exception as problem:  # every backend has errors of its own
        raise ValueError(
            f"`device` must be 'auto' or a torch device of this machine; got {device!r}: "
            f"{str(problem).splitlines()[0]}"
        ) from problem
    return found


def _parted(known: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows that are held out, each increasing; one of each at least."""
    if len(known) < 2:
        raise ValueError(
            f"`X` must have at least 2 rows that the teacher has codes for; it has {len(known)}."
        )
    n_held_out = 0 if fraction == 0 else min(max(1, round(fraction * len(known))), len(known) - 1)
    order = np.random.default_rng(seed).permutation(known)
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


@contextmanager
def _shielded(device: torch.device) -> Iterator[None]:
    """Torch as it is by default, whatever contexts the caller is in."""
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast(device.type, enabled=False),
        torch.device("cpu"),
    ):
        yield

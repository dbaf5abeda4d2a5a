"""What both estimators share: fitting, and mapping rows to the embedding and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from . import pipeline
from ._validation import check_flat, check_numbers, choice, float_dtypes, naming
from .exceptions import AssumptionWarning, warn
from .extension.new_rows import ToCodes, ToRows
from .results import folder, nowhere, results
from .rows import Table, check_finite, in_memory, in_partitions, opened
from .settings import Settings

OF_COLUMNS = ("n_features_in_", "feature_names_in_")
FAR_KEPT = "where they are mapped to means little. far='nan' marks them."


class RoadEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What both estimators share: fitting, and mapping rows to the embedding and back."""

    def _settings(self) -> Settings:
        parameters = self.get_params(deep=False)
        parameters.pop("precomputed_knn")
        return Settings(**parameters, ica="contrast" in parameters)

    def _rows(self, X: Any, *, reset: bool) -> Table:
        """X, or what it is the path or the handle of, checked against the fit."""
        rows = opened(X)
        if rows is None:
            check_flat(X)
            check_numbers("X", X)
            with naming("X"):
                X = validate_data(
                    self,
                    X,
                    dtype=float_dtypes(X),
                    reset=reset,
                    ensure_min_samples=2 if reset else 1,
                    ensure_all_finite=False,
                )
            check_finite(X)
            return in_memory(X)
        if reset:
            if rows.n_rows < 2:
                raise ValueError(
                    f"`X` must have at least 2 rows; {rows.name} has {rows.n_rows}. Look whether "
                    "it is the one that you mean, and whether its path matches any file."
                )
            self.n_features_in_ = rows.n_columns
            self.__dict__.pop("feature_names_in_", None)
            if rows.columns is not None:
                self.feature_names_in_ = np.array(rows.columns, dtype=object)
        elif rows.n_columns != self.n_features_in_:
            raise ValueError(
                f"`X` must have {self.n_features_in_} columns, as in the fit; {rows.name} has "
                f"{rows.n_columns}."
            )
        elif rows.columns is not None and rows.columns != self._columns(rows.columns):
            raise ValueError(
                "`X` must have the columns of the fit in their order, "
                f"{', '.join(map(str, self.feature_names_in_[:5]))}, ...; {rows.name} has "
                f"{', '.join(rows.columns[:5])}, .... Write it with these columns."
            )
        return rows

    @contextmanager
    def _columns_of_fit(self) -> Iterator[None]:
        """What is known of the columns stays that of the last fit where a new one fails."""
        before = {name: vars(self)[name] for name in OF_COLUMNS if name in vars(self)}
        try:
            yield
        except BaseException:
            for name in OF_COLUMNS:
                self.__dict__.pop(name, None)
            self.__dict__.update(before)
            raise

    def _columns(self, default: list[str]) -> list[str]:
        """Names of the columns in the fit, where they had some."""
        return list(getattr(self, "feature_names_in_", default))

    def fit(
        self, X: Any, y: None = None, *, out: Any = None, checkpoint: Any = None
    ) -> RoadEstimator:
        """Fit to rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), path or open handle
            Rows, float32 or float64 (anything else is converted to float64), dense and finite.
            The path of a .npy, .npz, .zarr, .h5, .parquet or .csv file or of a folder of pictures,
            a memory map, a Zarr array, an h5py dataset or a pyarrow ParquetFile is read in blocks,
            and never as a whole unless ``n_nodes`` is None. The first line of a .csv file may name
            the columns. Pictures of one size (.png, .jpg, .tif, .bmp, .gif) are flattened in the
            order of their names, 2 before 10, their levels scaled to 0 to 1. A Dask array or data
            frame stays in its partitions, and results of every row are Dask arrays.
        y : None
            Ignored.
        out : path or None
            Folder to which the results of all rows are written, each under its own name when
            it is complete: ``embedding.npy``, ``node_of.npy`` and ``sources.npy``. The fitted
            attributes are then memory maps of them. Not for Dask collections.
        checkpoint : path or None
            Folder to which every stage is written as it ends. A fit to the same rows with the same
            parameters goes on from there, with the identical result, if this one is killed. The
            folder is as large as the operator, and may be deleted when the fit is done.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If X or a parameter is out of its range; each message names the way out.
        DisconnectedGraphError
            If the neighbourhood graph falls into pieces.
        MemoryError
            If the fit would take more memory than there is, before it begins.

        Warns
        -----
        ConvergenceWarning
            If the null space or ICA missed its tolerance.
        DisconnectedWarning
            If only unusually large neighbourhoods connect the data.
        AssumptionWarning
            If ``report_`` has findings; it names their codes.
        """
        with self._columns_of_fit():
            road, found = self._run(X, out, checkpoint)
        self._projection = road.projection
        self._extension = road.extension
        self._wide_rows = road.wide_rows
        self._node_numbers = road.node_numbers
        self._ica = road.ica
        self.embedding_ = found["embedding"]
        self.eigenvalues_ = road.eigenvalues
        self.n_neighbors_ = road.n_neighbors
        self.n_nodes_ = road.n_nodes
        self.node_of_ = found["node_of"]
        self.n_iter_ = road.n_iter
        self.report_ = road.report
        self.n_components_ = self._n_features_out = self.embedding_.shape[1]
        self._set_ica(road, found)
        if not self.report_.ok:
            codes = ", ".join(dict.fromkeys(finding.code for finding in self.report_.findings))
            warn(f"{codes}: print `report_` before you trust this fit.", AssumptionWarning)
        return self

    def _run(
        self, X: Any, out: Any, checkpoint: Any
    ) -> tuple[pipeline.Road, dict[str, np.ndarray]]:
        """The road over the rows, and what it found of each of them."""
        table = self._rows(X, reset=True)
        if not table.at_hand:
            nowhere(out)
        settings = self._settings()
        settings.check(table.n_rows, table.n_columns)
        steps = None
        if checkpoint is not None:
            from .storage.checkpoint import checkpoint_of

            name = type(self).__name__
            steps = checkpoint_of(checkpoint, table, name, self.get_params(deep=False))
        with results(folder(out, table.path)) as kept:
            road = pipeline.run(table, settings, kept, self.precomputed_knn, steps)
            return road, kept.finished()

    def save(self, path: Any, *, rows: bool = True) -> None:
        """Write the fitted estimator to a file that `hessmap.load` reads.

        Parameters
        ----------
        path : path
            File of arrays and JSON with a checksum; takes its name when it is whole, in place of
            one that is there.
        rows : bool, default=True
            Whether to keep the results of every row, ``embedding_``, ``node_of_`` and
            ``sources_``. Without them the file is as large as the nodes, and ``transform`` and
            ``inverse_transform`` work as before.

        Notes
        -----
        A ``random_state`` that is not a number, ``precomputed_knn``, requests for the routing of
        metadata and attributes that are not the fit's are not kept.
        """
        from .storage import save

        check_is_fitted(self)
        save(self, path, rows=rows)

    def _set_ica(self, road: pipeline.Road, found: dict[str, np.ndarray]) -> None:
        """Keep what ICA found; nothing where the road ends before it."""

    def _codes_of(self, X: Any, name: str, far: str, out: Any) -> np.ndarray:
        """Codes (m, d) of rows, in their dtype, under a name."""
        check_is_fitted(self)
        choice("far", far, ("keep", "nan"))
        table = self._rows(X, reset=False)
        work = ToCodes(self._projection, self._extension, self._ica, far, self.n_jobs)
        d = self._n_features_out
        if not table.at_hand:
            nowhere(out)
            return table.lazily(replace(work, n_jobs=1), (d,))
        with results(folder(out, table.path)) as kept:
            into = kept.new(name, (table.n_rows, d), table.dtype)
            (n_far,) = table.passed(replace(work, into=into))
            result = kept.finished()[name]
        if n_far:
            warn(
                f"far-from-manifold: {n_far} of {table.n_rows} rows lie farther from the rows of "
                "the fit than their neighbourhoods reach; "
                + ("they are NaN." if far == "nan" else FAR_KEPT),
                AssumptionWarning,
            )
        return result

    def inverse_transform(self, Y: Any, *, rows: Any = None) -> np.ndarray:
        """Rows that have given codes: what ``transform`` returns, the embedding or the sources.

        Parameters
        ----------
        Y : array-like of shape (m, n_components)
            Codes; of a Dask array the result is a Dask array. A data frame with the names of
            ``get_feature_names_out()`` has to have them in their order.
        rows : array-like of shape (n_samples, q) or None, default=None
            What else is known of the rows of the fit, in their order, to be returned in place of
            the columns of X: the pictures before they were smoothed, say.

        Returns
        -------
        ndarray of shape (m, n_features) or (m, q)
            Locally quadratic combinations of the nodes, of the dtype of Y; NaN for rows of Y that
            are. Codes far outside of those of the fit are mapped as if they were at its edge.
        """
        check_is_fitted(self)
        check_numbers("Y", Y)
        self._check_order(Y)
        wide = self._wide_rows if rows is None else self._averaged(rows)
        work = ToRows(self._projection, self._extension, self._ica, wide, self.n_jobs)
        table = in_partitions(Y)
        if table is not None:
            self._check_width(table.n_columns)
            width = len(self._projection.mean) if wide is None else wide.shape[1]
            return table.lazily(replace(work, n_jobs=1), (width,))
        with naming("Y"):
            codes = check_array(
                Y, dtype=float_dtypes(Y), input_name="Y", ensure_all_finite="allow-nan"
            )
        self._check_width(codes.shape[1])
        return work(np.arange(len(codes)), codes)

    def _averaged(self, rows: Any) -> np.ndarray:
        """Means (M, q) of other rows over the nodes of the fit, in the order of the extension."""
        node_of = getattr(self, "node_of_", None)
        if not isinstance(node_of, np.ndarray):
            raise ValueError(
                "`rows` must be None for a model that does not keep the node of each row at hand: "
                "one fitted to a Dask collection, or saved with rows=False."
            )
        check_numbers("rows", rows)
        with naming("rows"):
            rows = check_array(rows, dtype=float_dtypes(rows), input_name="rows")
        if len(rows) != len(node_of):
            raise ValueError(
                f"`rows` must have a row for each of the {len(node_of)} of the fit; got "
                f"{len(rows)}."
            )
        kept = np.flatnonzero(node_of >= 0)
        shape = len(self._extension.points), len(rows)
        members = csr_array((np.ones(len(kept)), (node_of[kept], kept)), shape=shape)
        return ((members @ rows) / members.sum(axis=1)[:, None])[self._node_numbers]

    def _check_order(self, Y: Any) -> None:
        names, own = list(getattr(Y, "columns", ())), list(self.get_feature_names_out())
        if names != own and set(names) == set(own):
            raise ValueError(
                f"`Y` must have its columns in the order {', '.join(own)}; got "
                f"{', '.join(names)}. Pass Y[model.get_feature_names_out()]."
            )

    def _check_width(self, n_columns: int) -> None:
        if n_columns != self._n_features_out:
            raise ValueError(
                f"`Y` must have {self._n_features_out} columns, one for each component; "
                f"got {n_columns}."
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

"""The scikit-learn face of the road: HessianEigenmaps and HessianICA."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import pipeline
from .road_estimator import RoadEstimator


class HessianEigenmaps(RoadEstimator):
    """Hessian eigenmaps (HLLE): coordinates of rows on a manifold, up to a rotation.

    Where the rows are a smooth, locally isometric image of a connected open set of d
    coordinates, the null space of the Hessian functional is spanned by the constant and a linear
    mix of these coordinates (Donoho & Grimes 2003). The mix is undone up to a rotation by
    restoring the lengths of short distances.

    Parameters
    ----------
    n_components : int or "auto", default=2
        Number of coordinates d. "auto" takes the fewest, of at most eight, whose embedding keeps
        local lengths.
    operator : {"hessian", "tangent", "laplacian", "auto"}, default="hessian"
        Local functional: Donoho & Grimes' Hessian, tangent alignment (LTSA, Zhang & Zha 2004) or
        the graph Laplacian with heat weights (Belkin & Niyogi 2003). "auto" takes "hessian"
        unless "tangent" is clearly better on a patch of the nodes.
    n_neighbors : int or "auto", default="auto"
        Neighbourhood size k, the node itself included. More than d(d+3)/2 for "hessian", more
        than d+1 for "tangent". "auto" begins with ceil(1.25 (1 + d + d(d+1)/2)) + 8 (16 at
        d = 2), and takes 1.5 or 2.25 times as many where local isometry and gap are clearly
        better on a patch of the nodes; less than two thirds of the rows where these are few.
    n_nodes : "auto", int or None, default="auto"
        Number of nodes on which the problem is solved. None makes every distinct row a node; an
        int averages the rows of about so many cells, which lowers the noise; "auto" solves a few
        coarse problems and takes the resolution that agrees best with its neighbours, which for
        few and clean rows is every one of them. There are never more nodes than distinct rows.
        ``report_.choices`` explains this and every other automatic choice.
    neighbors : {"auto", "brute", "kd_tree", "pynndescent", "faiss"}, default="auto"
        Method of the neighbour search: all pairs, SciPy's tree, or approximate. "auto" takes an
        exact one unless the rows are very many and full of noise; "faiss" is the extra of its name.
    eigen_solver : {"auto", "dense", "shift-invert", "multigrid"}, default="auto"
        "auto" takes "dense" up to 300 nodes, "shift-invert" up to 4,000 and "multigrid" beyond.
    tol : float, default=1e-4
        Largest accepted bound of the sine of the angle between the computed and the exact null
        space; beyond it there is a warning and a finding.
    precomputed_knn : (indices, distances), sparse matrix or None, default=None
        Neighbourhood graph of the rows, as of scikit-learn's ``kneighbors`` or
        ``kneighbors_graph(mode="distance")``. Rows are added to their own lists where missing.
    n_jobs : int or None, default=None
        Number of threads; None and -1 mean all cores. The result does not depend on it.
    random_state : int, RandomState, Generator or None, default=None
        Seed of samples and start vectors. The result depends on it only to rounding, from 4,000
        nodes on to ``tol``, and beyond 64 columns through the randomised principal components. Of
        more than 40,000 rows that are averaged, the cells depend on a sample, too; axes, which are
        defined up to sign, may then be turned round by another seed.
    verbose : bool, default=False
        Show a progress bar over the stages.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        Coordinates in the units of X, along their principal axes, with zero mean over the nodes,
        weighted by their rows; dtype of X. NaN for rows that were set aside and lie too far from
        all others to be mapped.
    eigenvalues_ : ndarray of shape (m,)
        Smallest eigenvalues of the operator, the constant's first; m is at least
        n_components + 2.
    n_components_ : int
        Number of coordinates.
    n_neighbors_ : int
        Neighbourhood size k.
    n_nodes_ : int
        Number of nodes.
    node_of_ : ndarray of shape (n_samples,)
        Node of each row, -1 for rows that were set aside because they do not belong to the others.
    n_iter_ : int
        Number of solves with the factorised operator, or of LOBPCG iterations.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of these columns, where X had names.
    report_ : Report
        Numbers of the fit and findings against the assumptions; print it.

    Examples
    --------
    >>> from hessmap import HessianEigenmaps
    >>> from hessmap.datasets import swiss_roll
    >>> X, factors = swiss_roll(1000, random_state=0)
    >>> model = HessianEigenmaps(n_components=2, random_state=0).fit(X)
    >>> model.embedding_.shape
    (1000, 2)
    >>> bool(abs(model.embedding_[:, 0].std() / factors[:, 0].std() - 1) < 0.02)
    True
    """

    def __init__(
        self,
        n_components: int | str = 2,
        *,
        operator: str = "hessian",
        n_neighbors: int | str = "auto",
        n_nodes: int | str | None = "auto",
        neighbors: str = "auto",
        eigen_solver: str = "auto",
        tol: float = 1e-4,
        precomputed_knn: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_components = n_components
        self.operator = operator
        self.n_neighbors = n_neighbors
        self.n_nodes = n_nodes
        self.neighbors = neighbors
        self.eigen_solver = eigen_solver
        self.tol = tol
        self.precomputed_knn = precomputed_knn
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit_transform(self, X: Any, y: None = None, *, out: Any = None) -> np.ndarray:
        """Fit to rows and return their embedding (n_samples, n_components); see ``fit``."""
        return self.fit(X, out=out).embedding_

    def transform(self, X: Any, *, far: str = "keep", out: Any = None) -> np.ndarray:
        """Embedding of new rows.

        Parameters
        ----------
        X : array-like of shape (m, n_features), path or open handle
            Rows, as in ``fit``.
        far : {"keep", "nan"}, default="keep"
            What to return for rows farther from the rows of the fit than their neighbourhoods
            reach: where the map puts them, or NaN.
        out : path or None
            Folder to write ``embedding.npy`` to, in place of one that is there.

        Returns
        -------
        ndarray of shape (m, n_components)
            In the units of X and of its dtype; each row is mapped by itself.

        Warns
        -----
        AssumptionWarning
            If rows are far from those of the fit.
        """
        return self._codes_of(X, "embedding", far, out)


class HessianICA(RoadEstimator):
    """Hessian eigenmaps followed by ICA: the independent factors behind the rows.

    Where the rows are a smooth, locally isometric image of independent, non-Gaussian factors
    with connected support (up to a rescaling of each factor), Hessian eigenmaps find a linear
    mix of the factors and ICA undoes the mix (Horan, Richardson & Weiss 2021).

    Parameters
    ----------
    n_components : int or "auto", default=2
        Number of factors d. "auto" takes the fewest, of at most eight, whose embedding keeps local
        lengths.
    operator : {"hessian", "tangent", "laplacian", "auto"}, default="hessian"
        Local functional, as in HessianEigenmaps.
    n_neighbors : int or "auto", default="auto"
        Neighbourhood size k, the node itself included, as in HessianEigenmaps.
    n_nodes : "auto", int or None, default="auto"
        Number of nodes on which the problem is solved. None makes every distinct row a node; an
        int averages the rows of about so many cells, which lowers the noise; "auto" solves a few
        coarse problems and takes the resolution that agrees best with its neighbours, which for
        few and clean rows is every one of them. There are never more nodes than distinct rows.
        ``report_.choices`` explains this and every other automatic choice.
    neighbors : {"auto", "brute", "kd_tree", "pynndescent", "faiss"}, default="auto"
        Method of the neighbour search: all pairs, SciPy's tree, or approximate. "auto" takes an
        exact one unless the rows are very many and full of noise; "faiss" is the extra of its name.
    eigen_solver : {"auto", "dense", "shift-invert", "multigrid"}, default="auto"
        "auto" takes "dense" up to 300 nodes, "shift-invert" up to 4,000 and "multigrid" beyond.
    tol : float, default=1e-4
        Largest accepted bound of the sine of the angle between the computed and the exact null
        space.
    precomputed_knn : (indices, distances), sparse matrix or None, default=None
        Neighbourhood graph of the rows, as in HessianEigenmaps.
    contrast : {"auto", "cube", "logcosh"}, default="auto"
        Contrast of ICA: "cube" is the kurtosis, for which the theorem is proved; "auto" adds the
        skewness, for factors that have little kurtosis; "logcosh" is FastICA's G(u) = log cosh u,
        which rows far from all others harm least.
    n_jobs : int or None, default=None
        Number of threads; the result does not depend on it.
    random_state : int, RandomState, Generator or None, default=None
        Seed of samples, start vectors, and of the starting rotations of ICA and its jackknife.
    verbose : bool, default=False
        Show a progress bar over the stages.

    Attributes
    ----------
    sources_ : ndarray of shape (n_samples, n_components)
        Independent factors, those farthest from Gaussian first; dtype of X. Of zero mean and unit
        variance over the rows that were not set aside, copies and near-copies counted once. NaN
        where ``embedding_`` is.
    embedding_ : ndarray of shape (n_samples, n_components)
        ``sources_ @ mixing_.T`` and a constant, small beside the deviations where it is not zero;
        in the units of X.
    mixing_ : ndarray of shape (n_components, n_components)
        Column j is the change of the embedding for one unit of source j. The sign is such that
        the source's skewness is positive where that is significant, otherwise the largest entry
        of the column. ``report_.mixing_error`` has the standard errors.
    node_of_ : ndarray of shape (n_samples,)
        Node of each row, -1 for rows that were set aside because they do not belong to the others.
    eigenvalues_, n_components_, n_neighbors_, n_nodes_, n_iter_, n_features_in_, report_
        As in HessianEigenmaps.

    Examples
    --------
    >>> from hessmap import HessianICA
    >>> from hessmap.datasets import swiss_roll
    >>> from hessmap.metrics import mcc
    >>> X, factors = swiss_roll(2000, random_state=0)
    >>> model = HessianICA(n_components=2, random_state=0).fit(X)
    >>> mcc(model.sources_, factors) > 0.99
    True
    >>> model.inverse_transform(model.transform(X[:5])).shape
    (5, 3)
    """

    def __init__(
        self,
        n_components: int | str = 2,
        *,
        operator: str = "hessian",
        n_neighbors: int | str = "auto",
        n_nodes: int | str | None = "auto",
        neighbors: str = "auto",
        eigen_solver: str = "auto",
        tol: float = 1e-4,
        precomputed_knn: Any = None,
        contrast: str = "auto",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_components = n_components
        self.operator = operator
        self.n_neighbors = n_neighbors
        self.n_nodes = n_nodes
        self.neighbors = neighbors
        self.eigen_solver = eigen_solver
        self.tol = tol
        self.precomputed_knn = precomputed_knn
        self.contrast = contrast
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _set_ica(self, road: pipeline.Road, found: dict[str, np.ndarray]) -> None:
        assert road.ica is not None
        self.sources_ = found["sources"]
        self.mixing_ = road.ica.mixing * road.projection.unit

    def fit_transform(self, X: Any, y: None = None, *, out: Any = None) -> np.ndarray:
        """Fit to rows and return their sources (n_samples, n_components); see ``fit``."""
        return self.fit(X, out=out).sources_

    def transform(self, X: Any, *, far: str = "keep", out: Any = None) -> np.ndarray:
        """Sources of new rows.

        Parameters
        ----------
        X : array-like of shape (m, n_features), path or open handle
            Rows, as in ``fit``.
        far : {"keep", "nan"}, default="keep"
            What to return for rows farther from the rows of the fit than their neighbourhoods
            reach: where the map puts them, or NaN.
        out : path or None
            Folder to write ``sources.npy`` to, in place of one that is there.

        Returns
        -------
        ndarray of shape (m, n_components)
            In the scale of ``sources_`` and of the dtype of X; each row is mapped by itself.

        Warns
        -----
        AssumptionWarning
            If rows are far from those of the fit.
        """
        return self._codes_of(X, "sources", far, out)

"""From pictures to the codes of a fitted model and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import known_rows, real


def last_step(model: Any) -> Any:
    """The fitted estimator at the end of a pipeline, or the model itself."""
    from sklearn.utils.validation import check_is_fitted

    step = model.steps[-1][1] if hasattr(model, "steps") else model
    if not hasattr(step, "inverse_transform"):
        raise TypeError(
            "`model` must be a HessianICA, HessianEigenmaps or an autoencoder of hessmap.deep, or "
            f"a pipeline that ends with one; got {model!r}."
        )
    check_is_fitted(step, ["embedding_", "sources_"], all_or_any=any)
    return step


def known_codes(step: Any) -> tuple[str, np.ndarray]:
    """What the codes of the fit are called, and those (n, d) that are not NaN."""
    word = "source" if hasattr(step, "sources_") else "coordinate"
    codes = step.sources_ if word == "source" else step.embedding_
    return word, codes[known_rows("model", codes)]


def decoded(model: Any, codes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Flattened pictures (m, D) of codes (m, d).

    Steps of a pipeline before the last are inverted back to the first that cannot be, such as a
    smoothing, behind which the pictures then are.
    """
    rows = last_step(model).inverse_transform(codes)
    for _, step in reversed(getattr(model, "steps", [])[:-1]):
        if step in (None, "passthrough"):
            continue
        if not hasattr(step, "inverse_transform"):
            break
        rows = step.inverse_transform(rows)
    if rows.shape[1] != np.prod(shape):
        raise ValueError(
            f"`shape` must have a product equal to the columns that the model makes, "
            f"{rows.shape[1]}; got {shape}."
        )
    return np.asarray(rows)


def flat(name: str, pictures: Any, n: int, shape: tuple[int, ...]) -> np.ndarray:
    """``n`` pictures (n, D) of a shape, each flattened."""
    pictures = real(name, pictures)
    if pictures.shape[:1] != (n,) or pictures.size != n * np.prod(shape):
        raise ValueError(
            f"`{name}` must hold {n} picture{'s'[: n - 1]} of `shape` {shape}; "
            f"got the shape {pictures.shape}."
        )
    return pictures.reshape(n, -1)

"""What a checkpoint remembers of a parameter that is no number."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from torch import nn

from ..storage.checkpoint import plain


def described(value: Any) -> Any:
    """JSON for a parameter: itself, or words that are the same for the same value."""
    if isinstance(value, nn.Module):
        return _digest(value)
    if isinstance(value, tuple | list):
        return [described(item) for item in value]
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return plain({"random_state": value})["random_state"]
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = plain({"random_state": None, **value.get_params(deep=False)})
        return {type(value).__name__: {k: described(v) for k, v in sorted(parameters.items())}}
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


def _digest(network: nn.Module) -> str:
    """A hash of a module's layers and of the weights that it has."""
    digest = sha256(repr(network).encode())
    for weight in network.parameters():
        if not isinstance(weight, nn.parameter.UninitializedParameter):
            digest.update(weight.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()

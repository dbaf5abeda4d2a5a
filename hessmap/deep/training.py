"""The training loop, and the only one: Adam on batches, with a state that can be put down.

What is random in a step depends on the seed and the number of the step alone, so that a training
that goes on from any step ends where it would have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from time import monotonic
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..storage.checkpoint import Checkpoint
from .methods import Batch, Method, Networks

STEP = "training"
GENERATORS = RLock()
SECONDS_BETWEEN_SAVES = 60.0
# Rows of a block that only goes forward.
BLOCK = 64
HELD_OUT = "held_out_"
# In place of the epoch, where rows are held out: the same noise in every one, to compare them.
NO_EPOCH = 2**32 - 1


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes
    ----------
    max_epochs, batch_size, patience, learning_rate, verbose
        As in HessianAutoencoder.
    seed : int
        Of everything random after the first weights.
    draws : bool
        Whether the networks may draw from torch's own generator, as dropout does.
    """

    max_epochs: int
    batch_size: int
    patience: int | None
    learning_rate: float
    verbose: bool
    seed: int
    draws: bool = False


@dataclass(frozen=True)
class Data:
    """Rows to learn from, and rows that are held out.

    Attributes
    ----------
    rows : callable
        Numbers of rows (B,) -> scaled rows (B, D), float32.
    codes : ndarray of shape (n, d), float32, or None
        What a teacher says, by the number of the row.
    learned, held_out : ndarray of int
        Numbers of rows.
    """

    rows: Callable[[np.ndarray], np.ndarray]
    codes: np.ndarray | None
    learned: np.ndarray
    held_out: np.ndarray


@dataclass
class State:
    """Where a training stands; arrays and numbers only.

    Attributes
    ----------
    epoch, step : int
        Epochs that are done, and steps of the next one.
    sums : dict of str to float
        Terms of the loss, summed over the rows of these steps.
    history : dict of str to list of float
        Mean of each term in each epoch.
    best : float or None
        Smallest held-out loss of an epoch.
    best_epoch : int
        Its number, from 1.
    best_weights : dict of str to ndarray
        Weights after it.
    """

    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    history: dict[str, list[float]] = field(default_factory=dict)
    best: float | None = None
    best_epoch: int = 0
    best_weights: dict[str, np.ndarray] = field(default_factory=dict)


def train(
    networks: Networks, method: Method, data: Data, plan: Plan, checkpoint: Checkpoint | None
) -> State:
    """Train networks in place; with ``patience`` they end with the weights of the best epoch.

    Raises
    ------
    FloatingPointError
        If the loss is no longer finite.
    """
    optimizer = torch.optim.AdamW(
        networks.parameters(), lr=plan.learning_rate, weight_decay=method.weight_decay
    )
    state = _resumed(networks, optimizer, checkpoint)
    loop = _Loop(networks, method, data, plan, checkpoint, optimizer)
    with tqdm(total=plan.max_epochs, unit="epoch", disable=not plan.verbose) as bar:
        bar.update(state.epoch)
        while state.epoch < plan.max_epochs and not _settled(state, plan):
            loop.epoch(state)
            bar.update()
            bar.set_postfix_str(", ".join(f"{k} {v[-1]:.4g}" for k, v in state.history.items()))
    optimizer.zero_grad(set_to_none=True)
    if plan.patience is not None:
        networks.load_state_dict(_tensors(state.best_weights))
    return state


def _settled(state: State, plan: Plan) -> bool:
    return plan.patience is not None and state.epoch - state.best_epoch >= plan.patience


@dataclass(frozen=True)
class _Loop:
    networks: Networks
    method: Method
    data: Data
    plan: Plan
    checkpoint: Checkpoint | None
    optimizer: torch.optim.Optimizer

    def epoch(self, state: State) -> None:
        """One pass over the rows, from where the state stands."""
        order = np.random.default_rng((self.plan.seed, state.epoch)).permutation(self.data.learned)
        batches = _batches(order, self.plan.batch_size)
        n_steps = len(batches)
        saved = monotonic()
        self.networks.train()
        while state.step < n_steps:
            numbers = batches[state.step]
            progress = (state.epoch + state.step / n_steps) / self.plan.max_epochs
            terms = self.terms(numbers, (state.epoch, state.step), progress)
            loss = torch.stack(list(terms.values())).sum()
            if not bool(torch.isfinite(loss)):
                self.fail(state, f"the loss is {float(loss.detach())}")
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            _add(state.sums, terms, len(numbers))
            state.step += 1
            if monotonic() - saved >= SECONDS_BETWEEN_SAVES:
                self.save(state)
                saved = monotonic()
        self.finish(state)
        self.save(state)

    def terms(
        self, numbers: np.ndarray, place: tuple[int, int], progress: float
    ) -> dict[str, Tensor]:
        """Terms of the loss of some rows; what is random depends on the place alone."""
        device = next(self.networks.parameters()).device
        entropy = np.random.SeedSequence((self.plan.seed, *place, 1))
        seed = int(entropy.generate_state(1, np.uint64)[0] >> np.uint64(1))
        generator = torch.Generator("cpu").manual_seed(seed)
        codes = self.data.codes
        batch = Batch(
            torch.from_numpy(self.data.rows(numbers)).to(device),
            None if codes is None else torch.from_numpy(codes[numbers]).to(device),
            generator,
            progress,
        )
        if not self.plan.draws:
            return self.method.terms(self.networks, batch)
        with own_generator(seed, device):
            return self.method.terms(self.networks, batch)

    def finish(self, state: State) -> None:
        """Close an epoch: its history, and whether it is the best one."""
        n_rows = len(self.data.learned)
        for name, total in state.sums.items():
            state.history.setdefault(name, []).append(total / n_rows)
        if not all(bool(torch.isfinite(weight).all()) for weight in self.networks.parameters()):
            self.fail(state, "there are weights that are not finite")
        state.epoch, state.step, state.sums = state.epoch + 1, 0, {}
        if not len(self.data.held_out):
            return
        sums: dict[str, float] = {}
        self.networks.eval()
        with torch.no_grad():
            for start in range(0, len(self.data.held_out), BLOCK):
                numbers = self.data.held_out[start : start + BLOCK]
                progress = state.epoch / self.plan.max_epochs
                _add(sums, self.terms(numbers, (NO_EPOCH, start), progress), len(numbers))
        for name, total in sums.items():
            state.history.setdefault(HELD_OUT + name, []).append(total / len(self.data.held_out))
        loss = sum(sums.values())
        if not np.isfinite(loss):
            self.fail(state, f"the loss of the held-out rows is {loss}")
        if self.plan.patience is not None and (state.best is None or loss < state.best):
            state.best, state.best_epoch = loss, state.epoch
            state.best_weights = arrays_of(self.networks.state_dict())

    def fail(self, state: State, what: str) -> NoReturn:
        """Raise FloatingPointError with the place and the ways out."""
        raise FloatingPointError(
            f"{what} in epoch {state.epoch + 1}, after {state.step} steps: a smaller "
            f"`learning_rate` than {self.plan.learning_rate:g} may help, or rows in other units "
            "where `architecture` is a pair of modules."
        )

    def save(self, state: State) -> None:
        """Write everything that the next step depends on."""
        if self.checkpoint is None:
            return
        moments = {
            f"{number}.{name}": np.array(value)
            for number, parts in self.optimizer.state_dict()["state"].items()
            for name, value in arrays_of(parts).items()
        }
        result = vars(state) | {"weights": arrays_of(self.networks.state_dict()), "adam": moments}
        self.checkpoint.save(STEP, result, {})


@contextmanager
def own_generator(seed: int, device: torch.device) -> Iterator[None]:
    """Torch's own generators at a seed, and after it where they were; one thread at a time."""
    with GENERATORS, torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _batches(order: np.ndarray, size: int) -> list[np.ndarray]:
    """Parts of an order; a last row that would be alone joins those before it."""
    starts = list(range(0, len(order), size))
    if size > 1 and len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])


def arrays_of(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Copies of tensors, as arrays."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def _tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def _add(sums: dict[str, float], terms: dict[str, Tensor], n_rows: int) -> None:
    for name, term in terms.items():
        sums[name] = sums.get(name, 0.0) + float(term.detach()) * n_rows


def _resumed(
    networks: Networks, optimizer: torch.optim.Optimizer, checkpoint: Checkpoint | None
) -> State:
    """The state of a checkpoint, put into networks and optimizer; a new one where there is none."""
    found = None if checkpoint is None else checkpoint.load(STEP)
    if found is None:
        return State()
    kept = dict(found[0])
    networks.load_state_dict(_tensors(kept.pop("weights")))
    parts: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _tensors(kept.pop("adam")).items():
        number, _, name = key.partition(".")
        parts.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": parts})
    return State(**kept)

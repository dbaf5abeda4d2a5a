"""The training loop: it goes on from where it was interrupted, stops in time, and is its seed's."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.deep import AE, Autoencoder, FactorVAE, HessianAutoencoder, training
from hessmap.storage.checkpoint import Checkpoint

N = 400


@pytest.fixture(scope="module")
def rows():
    return arcs(N, random_state=0)[0]


def hae(**changes):
    teacher = HessianICA(2, n_nodes=None, random_state=0)
    settings = {"max_epochs": 6, "patience": None, "width": 32, "random_state": 0, **changes}
    return HessianAutoencoder(teacher, **settings)


def factor_vae(**changes):
    settings = {"max_epochs": 3, "width": 16, "random_state": 0, **changes}
    return Autoencoder(2, FactorVAE(), **settings)


def weights_of(model):
    return [weight.detach().numpy() for weight in model._trained.parameters()]


def same(one, other):
    assert one.history_.keys() == other.history_.keys()
    for name, values in one.history_.items():
        np.testing.assert_array_equal(values, other.history_[name])
    for a, b in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.sources_, other.sources_)


class StopError(Exception):
    """Raised in place of a kill."""


@pytest.mark.parametrize(
    ("make", "after"),
    [(hae, 1), (hae, 17), (hae, 40), (factor_vae, 5), (factor_vae, 30)],
    ids=["first step", "second epoch", "later", "FactorVAE, first epoch", "FactorVAE"],
)
def test_an_interrupted_training_ends_as_if_it_had_not_been(
    rows, tmp_path, monkeypatch, make, after
):
    whole = make().fit(rows)
    monkeypatch.setattr(training, "SECONDS_BETWEEN_SAVES", 0.0)
    steps = 0
    taken = torch.optim.AdamW.step

    def step(*arguments, **more):
        nonlocal steps
        steps += 1
        if steps > after:
            raise StopError
        return taken(*arguments, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    with pytest.raises(StopError):
        make().fit(rows, checkpoint=tmp_path)
    monkeypatch.setattr(torch.optim.AdamW, "step", taken)
    same(make().fit(rows, checkpoint=tmp_path), whole)


def test_the_interrupted_part_is_not_done_again(rows, tmp_path, monkeypatch):
    hae(max_epochs=4).fit(rows, checkpoint=tmp_path)

    def step(*arguments, **more):
        raise StopError

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    same(hae(max_epochs=4).fit(rows, checkpoint=tmp_path), hae_of_four(rows, monkeypatch))


def hae_of_four(rows, monkeypatch):
    monkeypatch.undo()
    return hae(max_epochs=4).fit(rows)


KILLED = """
import sys
import numpy as np
from hessmap import HessianICA
from hessmap.datasets import arcs
from hessmap.deep import HessianAutoencoder, training

training.SECONDS_BETWEEN_SAVES = 0.05
X = arcs(400, random_state=0)[0]
model = HessianAutoencoder(
    HessianICA(2, n_nodes=None, random_state=0), max_epochs=40, patience=None, width=32,
    random_state=0,
)
model.fit(X, checkpoint=sys.argv[1])
np.save(sys.argv[2], model.sources_)
np.save(sys.argv[3], np.array(list(model.history_.values())))
"""


def test_killed_processes_go_on(tmp_path):
    """SIGKILL twice, in the middle of the training, then to the end; beside an undisturbed one."""

    def arguments(name):
        files = [str(tmp_path / f"{name}-{what}.npy") for what in ("sources", "history")]
        return [sys.executable, "-c", KILLED, str(tmp_path / f"{name}-steps"), *files]

    log = tmp_path / "killed-steps" / "steps.jsonl"
    written = 0
    for _ in range(2):
        child = subprocess.Popen(arguments("killed"))
        wait_for(lambda least=written + 4: trainings_in(log) >= least, child)
        child.send_signal(signal.SIGKILL)
        child.wait()
        written = trainings_in(log)
    for name in ("killed", "whole"):
        subprocess.run(arguments(name), check=True)
    assert "loaded" in log.read_text()
    for what in ("sources", "history"):
        one = (tmp_path / f"killed-{what}.npy").read_bytes()
        assert one == (tmp_path / f"whole-{what}.npy").read_bytes()


def trainings_in(log: Path) -> int:
    return log.read_text().count('"training", "event": "finished"') if log.exists() else 0


def wait_for(done, child, seconds=120.0):
    until = time.monotonic() + seconds
    while not done():
        assert child.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.01)


def test_same_seed_same_result_and_others_differ(rows):
    one, again, other = hae().fit(rows), hae().fit(rows), hae(random_state=1).fit(rows)
    same(one, again)
    assert not np.array_equal(one.sources_, other.sources_)


def test_the_global_generator_of_torch_is_left_alone(rows):
    before = torch.get_rng_state()
    factor_vae(max_epochs=1).fit(rows)
    assert torch.equal(torch.get_rng_state(), before)


def test_early_stopping_keeps_the_best_epoch(rows):
    model = hae(max_epochs=200, patience=3, learning_rate=0.02).fit(rows)
    losses = sum(v for k, v in model.history_.items() if k.startswith("held_out_"))
    assert model.n_epochs_ == len(losses) < 200
    best = int(np.argmin(losses))
    assert best == model.n_epochs_ - 1 - 3
    held_out = rows[model.held_out_]
    wanted = (
        model.teacher_.sources_[model.held_out_] - model.code_scale_.centre
    ) / model.code_scale_.unit
    found = np.square(
        (model.transform(held_out) - model.code_scale_.centre) / model.code_scale_.unit - wanted
    ).mean()
    assert found == pytest.approx(model.history_["held_out_encoder"][best], rel=1e-4)


def test_without_patience_every_epoch_is_trained(rows):
    model = hae(max_epochs=5).fit(rows)
    assert model.n_epochs_ == 5
    assert {len(values) for values in model.history_.values()} == {5}


def test_history_is_the_loss(rows):
    """A step size of nearly nothing: every epoch has the loss of the first weights."""
    model = Autoencoder(2, AE(), max_epochs=2, learning_rate=1e-12, random_state=0).fit(rows)
    scaled = model.scale_.scaled(rows)
    decoded = model.scale_.scaled(model.decode(model.encode(rows)))
    learned = np.setdiff1d(np.arange(N), model.held_out_)
    for name, numbers in (("", learned), ("held_out_", model.held_out_)):
        wanted = np.square(decoded[numbers] - scaled[numbers]).mean()
        found = model.history_[f"{name}reconstruction"]
        np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_networks_that_end_in_nan_are_noticed(rows):
    """One step that ruins the weights, and no loss after it."""
    settings = {"max_epochs": 1, "batch_size": 512, "learning_rate": 1e30}
    for changes in ({"patience": None}, {"patience": 1}):
        with pytest.raises(FloatingPointError, match="`learning_rate`"):
            hae(**settings, **changes).fit(rows)


def test_a_teacher_is_known_again_in_another_process(rows):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from hessmap.deep.identity import described

    def teacher():
        generator = np.random.RandomState(3)
        return make_pipeline(
            FunctionTransformer(np.square), HessianICA(2, random_state=generator, n_jobs=1)
        )

    one, other = described(teacher()), described(teacher())
    assert one == other
    assert "0x" not in repr(one)
    changed = teacher().set_params(hessianica__n_neighbors=20)
    assert described(changed) != one
    assert described(teacher().set_params(hessianica__n_jobs=2)) == one


def test_a_loss_that_is_not_finite_says_what_to_do(rows):
    with pytest.raises(FloatingPointError, match="`learning_rate`"):
        hae(learning_rate=1e30, max_epochs=20).fit(rows)


def test_another_fit_does_not_go_on_from_a_checkpoint(rows, tmp_path):
    hae(max_epochs=1).fit(rows, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="max_epochs: 1, not 2"):
        hae(max_epochs=2).fit(rows, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="another rows"):
        hae(max_epochs=1).fit(rows[::-1], checkpoint=tmp_path)


def test_a_damaged_checkpoint_is_refused(rows, tmp_path):
    hae(max_epochs=1).fit(rows, checkpoint=tmp_path)
    path = tmp_path / f"{training.STEP}.hessmap"
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(ValueError, match="checksum"):
        hae(max_epochs=1).fit(rows, checkpoint=tmp_path)


def test_no_seed_goes_on_too(rows, tmp_path):
    """What was drawn is in the folder."""
    teacher = HessianICA(2, n_nodes=None, random_state=0)
    model = HessianAutoencoder(teacher, max_epochs=1, width=8)
    first = model.fit(rows, checkpoint=tmp_path).sources_
    np.testing.assert_array_equal(model.fit(rows, checkpoint=tmp_path).sources_, first)


def test_a_teacher_that_finds_other_codes_is_noticed(rows, tmp_path):
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    noisy = FunctionTransformer(lambda X: X + np.random.default_rng().normal(size=X.shape))
    model = HessianAutoencoder(make_pipeline(noisy, PCA(2)), max_epochs=1, width=8, random_state=0)
    # what is remembered of the parameters is the same in both fits
    model.fit(rows, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="find the same codes again"):
        model.fit(rows, checkpoint=tmp_path)


def test_the_number_of_saves_does_not_matter(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SECONDS_BETWEEN_SAVES", 0.0)
    saves = []
    saved = Checkpoint.save

    def save(self, step, *more):
        saves.append(step)
        return saved(self, step, *more)

    monkeypatch.setattr(Checkpoint, "save", save)
    model = hae(max_epochs=2).fit(rows, checkpoint=tmp_path)
    assert saves.count(training.STEP) > 10
    same(model, hae(max_epochs=2).fit(rows))


def test_bfloat16_finds_the_same_within_its_precision(rows):
    full, short = hae(max_epochs=20).fit(rows), hae(max_epochs=20, precision="bfloat16").fit(rows)
    assert full.encoder_[0].weight.dtype == short.encoder_[0].weight.dtype == torch.float32
    for name in ("encoder", "decoder"):
        assert short.history_[name][-1] == pytest.approx(full.history_[name][-1], abs=0.1)
    assert not np.array_equal(full.sources_, short.sources_)

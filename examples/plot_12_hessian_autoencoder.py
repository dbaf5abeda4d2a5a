"""
The Hessian autoencoder
=======================

``hessmap.deep`` (``pip install hessmap[deep]``) has networks that learn from the sources of a
HessianICA: an encoder from pictures to sources, and a decoder back. They are ordinary PyTorch
modules, small, with gradients, and need neither nodes nor neighbours to map new pictures.
"""

import matplotlib.pyplot as plt
from sklearn.pipeline import make_pipeline

from hessmap import HessianICA
from hessmap.datasets import shapes_xy
from hessmap.deep import HessianAutoencoder
from hessmap.metrics import mcc
from hessmap.pictures import Blur
from hessmap.plotting import traversals

X, factors = shapes_xy(1000, size=32, side=10, random_state=0)
X_new, factors_new = shapes_xy(500, size=32, side=10, random_state=1)

# %%
# The teacher smooths the pictures for itself; the networks see them as they are. A first
# convolution of 8 channels is narrow, and 10 epochs are few: enough for this page, which is built
# in seconds.

teacher = make_pipeline(Blur((32, 32), 2.5), HessianICA(n_components=2, random_state=0))
model = HessianAutoencoder(
    teacher, architecture="conv", shape=(32, 32), width=8, max_epochs=10, random_state=0
).fit(X)

weights = sum(weight.numel() for weight in model.encoder_.parameters())
print(f"weights of the encoder: {weights:,}")
print(f"MCC of new pictures, encoder: {mcc(model.transform(X_new), factors_new):.4f}")
print(f"MCC of new pictures, teacher: {mcc(model.teacher_.transform(X_new), factors_new):.4f}")
print(f"findings of the teacher's report: {len(model.report_.findings)}")

# %%
# What the networks still miss after each epoch, of pictures that were held out: of the sources as
# a share of their variance, of the pictures in units of the scaled pixels.

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
epochs = range(1, model.n_epochs_ + 1)
ax.semilogy(epochs, model.history_["held_out_encoder"], "o-", color="#0072B2", label="encoder")
ax.semilogy(epochs, model.history_["held_out_decoder"], "s--", color="#D55E00", label="decoder")
ax.set(xlabel="epoch", ylabel="mean squared error, held out")
ax.legend(frameon=False)

# %%
# Pictures that the decoder makes along each source, the other one at its median: the square moves
# down along one, and across along the other.

traversals(model, (32, 32), n_steps=8)

plt.show()

# sphinx_gallery_thumbnail_number = 2

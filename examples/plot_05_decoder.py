"""
A decoder without a neural network
==================================

``inverse_transform`` maps sources back to rows, by local quadratic fits around the nodes. Of
pictures of two pendulums it makes pictures that were never taken: a walk along one source swings
one pendulum, and half way between two pictures is a picture, not a double exposure.
"""

import matplotlib.pyplot as plt
import numpy as np

from hessmap import HessianICA
from hessmap.metrics import mcc
from hessmap.plotting import interpolation, traversals

HEIGHT, WIDTH = 36, 84


def film(times):
    """Pictures of two pendulums, and their angles, which do not keep step with each other."""
    angles = np.column_stack([0.8 * np.sin(times), 0.8 * np.sin(np.sqrt(2) * times)])
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    pictures = np.zeros((len(times), HEIGHT, WIDTH), dtype=np.float32)
    for pivot, angle in zip((21, 63), angles.T[:, :, None, None], strict=True):
        for length, width in ((22, 3.0), (14, 1.8), (7, 1.8)):  # the bob, and two beads of the rod
            across, down = pivot + length * np.sin(angle), 5 + length * np.cos(angle)
            pictures += np.exp(-((x - across) ** 2 + (y - down) ** 2) / (2 * width**2))
    return pictures.reshape(len(times), -1), angles


# %%
# Every angle moves its own part of the picture by the same amount at any place: the map from
# angles to pictures is flat. Angles of a swing are mostly near its ends, which is far from a bell
# curve.

pictures, angles = film(np.linspace(0, 1000, 3000))
model = HessianICA(n_components=2, random_state=0).fit(pictures)
print(f"MCC of sources and angles: {mcc(model.sources_, angles):.4f}")
print(f"reconstruction error: {model.report_.reconstruction_error:.1%}")

# %%
# A walk along each source, the other one at its median. Only one of the pendulums moves.

traversals(model, (HEIGHT, WIDTH), n_steps=6)

# %%
# Between two pictures, through the sources (above) and pixel by pixel (below). The mixture of
# pixels fades one pendulum out and another in.

start = np.argmin(((angles - [-0.7, 0.7]) ** 2).sum(axis=1))
stop = np.argmin(((angles - [0.7, -0.7]) ** 2).sum(axis=1))
interpolation(model, pictures[start], pictures[stop], (HEIGHT, WIDTH), n_steps=6, pixels=True)

plt.show()

# sphinx_gallery_thumbnail_number = 2

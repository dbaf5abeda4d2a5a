"""
Data frames in and out: pandas and polars
=========================================

Tables with names go in as they are, and ``set_output`` gives the sources back as a data frame with
the same index. Here the rows are readings of 21 thermometers along a rod, one a minute for three
days. A flame goes to and fro below the rod, and the air warms and cools with the day.
"""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl

from hessmap import HessianICA

minutes = np.arange(3 * 24 * 60)
flame = 25 + 50 * np.abs((minutes / 97.3) % 2 - 1)  # cm along the rod, to and fro
air = 20 + 4 * np.sin(2 * np.pi * minutes / (24 * 60))  # degrees
sensor = np.arange(0, 101, 5)
degrees = air[:, None] + 60 * np.exp(-((sensor - flame[:, None]) ** 2) / (2 * 9**2))
readings = pd.DataFrame(
    degrees + 0.02 * np.random.default_rng(0).standard_normal(degrees.shape),
    columns=[f"at {place} cm" for place in sensor],
    index=pd.date_range("2026-06-01", periods=len(minutes), freq="min"),
)
print(readings.iloc[:3, 8:13].round(1))

# %%
# The theorem holds: the flame's peak changes the readings by the same amount wherever it is, the
# air adds the same to all of them, and the two changes are at right angles. Nothing below uses
# their true course.

model = HessianICA(n_components=2, random_state=0).set_output(transform="pandas")
sources = model.fit_transform(readings)
print(sources.head(3).round(3))
print("columns that the model expects:", *model.feature_names_in_[:3], "...")

# %%
# With an index of times the sources are time series, and pandas can resample, join or plot them.

hourly = sources.resample("h").mean()
print(f"{len(sources):,} minutes, {len(hourly)} hours")

# %%
# The same for polars.

frame = pl.from_pandas(readings)
polar = (
    HessianICA(n_components=2, random_state=0).set_output(transform="polars").fit_transform(frame)
)
print(polar.head(3))

# %%
# The sources of the first day (lines), and what was true (circles, one in twenty, scale on the
# right). Each source follows one thing, up to its unit and its sign, which no method can know.

truth = np.column_stack([flame, air])
names = ("flame (cm)", "air (degrees)")
match = np.abs(np.corrcoef(sources.T, truth.T)[:2, 2:]).argmax(axis=1)
figure, panels = plt.subplots(2, 1, figsize=(9, 4.6), sharex=True, layout="constrained")
day = slice("2026-06-01", "2026-06-01")
for ax, name, column in zip(panels, sources, match, strict=True):
    ax.plot(sources.loc[day, name], color="#0072B2")
    ax.set_ylabel(name, color="#0072B2")
    true = pd.Series(truth[:, column], index=readings.index).loc[day]
    twin = ax.twinx()
    twin.plot(true[::20], "o", color="#D55E00", mfc="none", ms=5)
    twin.set_ylabel(f"true {names[column]}", color="#D55E00")
    if np.corrcoef(sources[name], truth[:, column])[0, 1] < 0:
        twin.invert_yaxis()
panels[1].xaxis.set_major_formatter(mdates.DateFormatter("%H:%M"))
panels[1].set_xlabel("1 June 2026")
figure.align_ylabels()

plt.show()

"""Fit and embedding of every row of a file that is not loaded: seconds, memory and error.

    python benchmarks/from_file.py [--rows 10000000] [--folder /tmp]

The fit runs in a process of its own, whose largest resident memory is printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from data import error

from hessmap.datasets import blobs
from hessmap.metrics import mcc

NOISE = 0.02
FIT = """
import sys, time, warnings
import numpy as np
from hessmap import HessianICA
warnings.simplefilter("error")
start = time.perf_counter()
model = HessianICA(2, random_state=0).fit(sys.argv[1], out=sys.argv[2])
seconds = time.perf_counter() - start
with open("/proc/self/status") as lines:
    peak = next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
stages = ", ".join(f"{name} {value:.1f}" for name, value in model.report_.stage_seconds.items())
print(f"{seconds:.0f} s, {peak / 1e9:.2f} GB resident, {model.n_nodes_:,} nodes; {stages}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path, out = Path(folder) / "rows.npy", Path(folder) / "out"
        X, factors = blobs(arguments.rows, noise=NOISE, random_state=0)
        np.save(path, X.astype(np.float32))
        del X
        print(f"{arguments.rows:,} rows, {path.stat().st_size / 1e9:.2f} GB", flush=True)
        subprocess.run([sys.executable, "-c", FIT, str(path), str(out)], check=True)
        embedding = np.load(out / "embedding.npy").astype(np.float64)
        score = mcc(np.load(out / "sources.npy"), factors)
        ratio = error(embedding, factors) / (0.0386 * NOISE**2)
        print(f"error / floor {ratio:.3f}, MCC {score:.6f}")


if __name__ == "__main__":
    main()

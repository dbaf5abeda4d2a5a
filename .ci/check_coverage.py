"""Whether enough statements and branches were run, from the report of ``coverage json``."""

import json
import sys

LEAST = {"statements": 97, "branches": 93}

with open(sys.argv[1]) as report:
    totals = json.load(report)["totals"]
shares = {
    "statements": 100 * totals["covered_lines"] / totals["num_statements"],
    "branches": 100 * totals["covered_branches"] / totals["num_branches"],
}
for name, share in shares.items():
    print(f"{name}: {share:.2f} %, at least {LEAST[name]} %")
sys.exit(any(share < LEAST[name] for name, share in shares.items()))

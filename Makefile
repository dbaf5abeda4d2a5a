# Every target works from a fresh clone: it makes its own environment in .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= hessmap-demo
DATA ?=
COMPONENTS ?= 2
BLUR ?=
PYTEST_ARGS ?=
# Processes that the tests are spread over: a number, or "logical" for as many as there are cores, at most 8.
# One thread of BLAS and PyTorch in each: more would wait for each other at twice the work.
WORKERS ?= logical
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal
BENCH_ARGS ?=
FUZZ_ARGS ?=
MUTANTS_ARGS ?=
COMPAT_ARGS ?=
TORCH ?= torch==2.13.0

.PHONY: demo test test-deep test-statistical coverage lint format types docs wheel compat bench-check bench-quick bench-history \
  bench-million bench-null-space bench-more-data bench-from-file bench-cluster bench-scaling bench-kill bench-parity bench-coordinates \
  bench-ica bench-trust bench-paper bench-autoencoders bench-quality bench-first-call fuzz mutants clean

demo: $(VENV)/.plot
	$(BIN)/python -m hessmap.demo --components "$(COMPONENTS)" --out "$(OUT)" \
	  $(if $(DATA),--data "$(DATA)") $(if $(BLUR),--blur "$(BLUR)")

test: $(VENV)/.test
	$(PYTEST) $(PYTEST_ARGS)

# Needs PyTorch, hence apart; TORCH says which build, and the default is not the newest on purpose.
test-deep: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[deep]"
	$(PYTEST) tests/deep hessmap/deep $(PYTEST_ARGS)

# Errors against n, noise, outliers, density and holes, in full; `make test` runs a short form.
test-statistical: $(VENV)/.test
	$(PYTEST) tests/statistical -m "slow or not slow" $(PYTEST_ARGS)

# Statements and branches of hessmap/ that the tests run, kernels as Python; build/coverage/html shows the others.
coverage: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[deep]"
	rm -rf build/coverage && mkdir -p build/coverage
	$(PYTEST) --cov --cov-append --cov-report=
	$(PYTEST) --cov --cov-append --cov-report= tests/deep hessmap/deep
	NUMBA_DISABLE_JIT=1 $(PYTEST) --cov --cov-append --cov-report= tests/kernels tests/test_cells.py tests/test_linalg.py
	$(BIN)/coverage report --show-missing --skip-covered
	$(BIN)/coverage html --quiet --directory build/coverage/html
	$(BIN)/coverage json --quiet -o build/coverage/report.json
	$(BIN)/python .ci/check_coverage.py build/coverage/report.json

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.lint
	$(BIN)/mypy

# Executes the examples, one of which needs PyTorch.
docs: $(VENV)/.docs
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/sphinx-build -W -b html docs docs/_build/html

# Builds sdist and wheel, and uses the wheel in an environment that has never seen the source.
wheel: $(VENV)/.lint
	rm -rf dist build/wheel-check
	$(BIN)/python -m build --outdir dist .
	$(PYTHON) -m venv build/wheel-check
	build/wheel-check/bin/pip install --quiet dist/*.whl
	cd build && wheel-check/bin/python ../.ci/check_wheel.py

# The wheel on the oldest and the newest releases that pyproject.toml allows; COMPAT_ARGS="-e py312 -- tests"
# takes one environment and the whole suite. Pythons are those on PATH, of pyenv and of uv; none is downloaded.
compat:
	$(PYTHON) -m venv build/compat
	build/compat/bin/pip install --quiet --disable-pip-version-check "tox>=4.30" "tox-uv>=1.28"
	PATH="$$(printf '%s:' "$$(pyenv root 2>/dev/null)"/versions/3.1[1-9]*/bin)$$PATH" UV_PYTHON_DOWNLOADS=never \
	  build/compat/bin/tox run --recreate $(COMPAT_ARGS)

# Whether every script and every suite of airspeed velocity finds what it imports; bench-quick runs
# each of the suites once.
bench-check: $(VENV)/.bench
	cd benchmarks && for script in *.py; do ../$(BIN)/python -c "import $${script%.py}" || exit 1; done
	cd benchmarks && ../$(BIN)/asv check --python=same

# Some twenty minutes: milestones of the history, each built and measured; writes docs/history.md.
bench-history: $(VENV)/.bench
	$(BIN)/python benchmarks/history.py --page docs/history.md $(BENCH_ARGS)

bench-quick: $(VENV)/.bench
	cd benchmarks && ../$(BIN)/asv machine --yes && ../$(BIN)/asv run --quick --python=same --show-stderr $(BENCH_ARGS)

# About half an hour: stages, memory and accuracy up to a million nodes, beside the peers.
bench-million: $(VENV)/.bench
	$(BIN)/python benchmarks/million.py --peers $(BENCH_ARGS)

bench-null-space: $(VENV)/.bench
	$(BIN)/python benchmarks/null_space_accuracy.py $(BENCH_ARGS)

# Some twenty minutes: every table of docs/more-data.md.
bench-more-data: $(VENV)/.bench
	$(BIN)/python benchmarks/more_data.py $(BENCH_ARGS)

# A 1.2 GB file of ten million rows.
bench-from-file: $(VENV)/.bench
	$(BIN)/python benchmarks/from_file.py $(BENCH_ARGS)

# Some ten minutes: ten million rows in 200 partitions, two worker processes.
bench-cluster: $(VENV)/.bench
	$(BIN)/python benchmarks/on_cluster.py $(BENCH_ARGS)

# Some twenty minutes: writes docs/scaling.md.
bench-scaling: $(VENV)/.bench
	$(BIN)/python benchmarks/scaling.py --page docs/scaling.md $(BENCH_ARGS)

# Some ten minutes: fits of a million rows that are killed and go on; --every-row takes longer.
bench-kill: $(VENV)/.bench
	$(BIN)/python benchmarks/kill_and_resume.py $(BENCH_ARGS)

# Some ten minutes: 10,000 runs of ICA beside scikit-learn's; BENCH_ARGS="--runs 200" takes one.
bench-ica: $(VENV)/.plot
	$(BIN)/python benchmarks/ica.py $(BENCH_ARGS)

# About an hour: writes the tables and the picture of docs/trust.md. Fits are kept in build/trust.jsonl.
bench-trust: $(VENV)/.plot
	$(BIN)/python benchmarks/trust.py --tables docs/trust-tables.md --plot docs/images/trust.png $(BENCH_ARGS)

# Some half an hour: the paper's experiment and every rival; writes docs/paper.md and its images.
bench-paper: $(VENV)/.bench
	$(BIN)/python benchmarks/paper.py --page docs/paper.md $(BENCH_ARGS)

# Some hours: writes docs/quality.md and its images; with QUICK=1 some ten minutes and
# build/quality-quick.md.
bench-quality: $(VENV)/.bench
	$(BIN)/python benchmarks/quality.py $(if $(QUICK),--quick) $(BENCH_ARGS)

# Some two hours: HAE beside ten autoencoders; writes docs/autoencoders.md and its images. What is
# done is kept in build/autoencoders.parquet.
bench-autoencoders: $(VENV)/.bench
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python benchmarks/autoencoders.py --page docs/autoencoders.md $(BENCH_ARGS)

# About an hour: 100,000 cases against the public interface, each repeatable from its seed. What is
# done is kept in build/fuzz.jsonl; FUZZ_ARGS="--cases 2000" is a short form, --fresh starts over.
fuzz: $(VENV)/.fuzz
	$(BIN)/python -m fuzz $(FUZZ_ARGS)

# Some half an hour: 200 of some 1,800 mutants of each of metrics, diagnosis and ica against their quick tests,
# and a table. What is done is kept in build/mutants; MUTANTS_ARGS=--all takes hours, --left shows what no test
# has killed, --again tests those again, --fresh starts over. Needs a system that forks.
mutants: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check "mutmut>=3.8,<3.9"
	$(BIN)/python .ci/mutants.py $(MUTANTS_ARGS)

bench-parity: $(VENV)/.plot
	$(BIN)/python benchmarks/against_scikit_learn.py

bench-coordinates: $(VENV)/.plot
	$(BIN)/python benchmarks/normal_coordinates.py

bench-first-call: $(VENV)/.plot
	$(BIN)/python benchmarks/first_call.py

clean:
	rm -rf $(VENV) dist build docs/_build docs/gallery hessmap-demo .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(None if v >= (3, 11) else "hessmap needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.11 ..." % v[:2])'
	$(PYTHON) -m venv $(VENV)

# One stamp for each extra, renewed when the dependencies change.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[$*]"
	touch $@

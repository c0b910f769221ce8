# Needs make and Python 3.10 or newer; all else goes into .venv.
# On a machine with a GPU: make gpu-check EXTRAS=cuda13 CORPUS=text.gz EVAL_DIR=folder
PYTHON ?= python3
EXTRAS ?=
# Tests run side by side, a process a core; WORKERS=0 for all in one
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint types docs gpu-check clean

demo: $(VENV)/.run
	$(BIN)/w2v demo

test: $(VENV)/.test$(EXTRAS)
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 16 --dist worksteal

check: lint types test

# All tests that need a GPU, then the benchmark; without a CORPUS, on the documentation inside Python.
gpu-check: $(VENV)/.test$(EXTRAS)
	W2V_REQUIRE_BACKENDS=cupy $(BIN)/python -m pytest -k cupy
	$(BIN)/python -m benchmarks.gpu $(CORPUS) $(EVAL_DIR:%=--eval-dir %)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	echo linux darwin win32 | xargs -n 1 -P 3 \
	    sh -c '$(BIN)/mypy --platform $$1 --cache-dir .mypy_cache/$$1' mypy

# The documentation as a site, in build/site; a broken link or anchor is an error
docs: $(VENV)/.docs
	$(BIN)/sphinx-build -q -W --keep-going -E -c docs -d build/doctrees . build/site

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test$(EXTRAS): $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test$(EXTRAS:%=,%)]'
	@touch $@ $(VENV)/.run

$(VENV)/.docs: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@ $(VENV)/.run

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.run

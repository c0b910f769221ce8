# Needs make and Python 3.10 or newer; all else goes into .venv.
# On a machine with a GPU: make gpu-check EXTRAS=cuda13 CORPUS=text.gz EVAL_DIR=folder; without EXTRAS
# with what $(PYTHON) has there and the wheels of `make gpu-wheels`, and no network
PYTHON ?= python3
EXTRAS ?=
# Tests run side by side, a process a core; WORKERS=0 for all in one
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint types docs gpu-check gpu-wheels clean

demo: $(VENV)/.run
	$(BIN)/w2v demo

test: $(VENV)/.test$(EXTRAS)
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 16 --dist worksteal

check: lint types test

# PIECES="runs speed" for some; figures go to OUT, line by line. See benchmarks/README.md.
PIECES ?=
OUT ?= build/gpu
WHEELS ?= build/wheels
SITE := $(CURDIR)/build/site
ifneq ($(EXTRAS),)
GPU_PYTHON ?= $(BIN)/python
gpu-check: $(VENV)/.test$(EXTRAS)
endif
GPU_PYTHON ?= $(PYTHON)

gpu-check:
	ls $(WHEELS)/*.whl > /dev/null 2>&1 || exit 0; $(GPU_PYTHON) -m pip install --quiet \
	    --no-index --no-deps --no-compile --upgrade --target $(SITE) $(WHEELS)/*.whl
	PYTHONPATH=$(SITE):$(CURDIR) $(GPU_PYTHON) -m benchmarks.gpu $(PIECES) --out $(OUT) \
	    $(CORPUS:%=--corpus %) $(EVAL_DIR:%=--eval-dir %)

# What that machine's Python lacks, each by name, since nothing is looked up there
LACKS ?= wcwidth threadpoolctl regex gensim smart-open
GPU_PLATFORMS := $(addprefix --platform manylinux,_2_28_x86_64 _2_27_x86_64 _2_17_x86_64 2014_x86_64)
gpu-wheels:
	rm -rf $(WHEELS)
	$(PYTHON) -m pip download --quiet --no-deps --only-binary=:all: --implementation cp \
	    --python-version 3.12 $(GPU_PLATFORMS) --dest $(WHEELS) $(LACKS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# Tests and benchmarks as on Linux, the package as on all three systems
types: $(VENV)/.dev
	echo linux darwin win32 | xargs -n 1 -P 3 sh -c '[ $$1 = linux ] || only="-p w2v"; \
	    $(BIN)/mypy --platform $$1 --cache-dir .mypy_cache/$$1 $$only' mypy

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

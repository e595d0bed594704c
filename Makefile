# Words: setup build test test-python test-formats train tidy format bench peers clean, and protobuf after a
# change of the schema.
# ARGS passes options on:  make train ARGS="seed=2 run=runs/second"

SHELL := /bin/bash
ARGS ?=
PYTEST ?=
# Generated code is neither linted nor formatted.
SWIFT_FILES = find Sources Tests -name '*.swift' ! -name '*.pb.swift' -print0

.PHONY: setup build test test-python test-formats train tidy format bench peers clean protobuf
.DEFAULT_GOAL := build

setup:
	@Scripts/setup.sh

build: setup
	@swift build -c release --product kinglet
	@ln -sfn .build/release/kinglet kinglet

# Control and training run in release, so that is what is tested. No test looks behind `public`.
# The product alone: `--build-tests` would compile all of protoc as well.
test: build
	@swift build -c release --product kingletPackageTests
	@swift test -c release --skip-build --disable-xctest

# PYTEST passes options on:  make test-python PYTEST="-k two_at_once"
test-python: build
	@Scripts/test-python.sh $(PYTEST)

# Other people's programs read recordings, exports and events.
test-formats: build
	@Scripts/test-formats.sh

train: build
	@./kinglet launch Launch/pcb-insertion.yaml $(ARGS)

tidy:
	@$(SWIFT_FILES) | xargs -0 swift format lint --strict --parallel
	@Scripts/report-keys.py --check
	@Scripts/mutations.py --check

format:
	@$(SWIFT_FILES) | xargs -0 swift format --in-place --parallel

bench: build
	@./kinglet bench $(ARGS)

# The learner beside JAX, SERL's structure and PyTorch; see Benchmarks/peers/README.md.
peers: build
	@Benchmarks/peers/setup.sh
	@Benchmarks/peers/compare.py $(ARGS)

protobuf: setup
	@Scripts/protobuf.sh

# Leaves External/ (what setup fetched) and runs/ (what training made).
clean:
	@rm -rf .build kinglet

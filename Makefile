# make run | test | build | check | lint | bench | asan | tsan | fuzz | sim | format | clean    (README.md)
SHELL := /bin/sh
NODE := $(CURDIR)/scripts/node.sh
WEB_SOURCES := $(shell find web/src web/index.html web/public web/*.ts web/*.mjs api package.json -type f 2>/dev/null)

.PHONY: run test build check lint bench asan tsan fuzz sim sim-soak sim-mutations format tidy clean page

run: build
	@./build/release/redline serve --demo --data redline-data

build: page
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@ninja -C build/release redline

page: build/npm.stamp web/dist/index.html

build/npm.stamp: package.json package-lock.json scripts/bootstrap.sh
	@scripts/bootstrap.sh build
	@npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p build && touch $@

web/dist/index.html: build/npm.stamp $(WEB_SOURCES)
	@$(NODE) run build

test: build
	@scripts/bootstrap.sh test
	@scripts/test.sh

check: build
	@scripts/bootstrap.sh test
	@scripts/check.sh

lint: page
	@scripts/bootstrap.sh test
	@scripts/lint.sh

bench: build
	@scripts/bootstrap.sh bench
	@ninja -C build/release load_generator
	@$(NODE) bench/run.mjs

# One seed (make sim SEED=7), seeds for an hour, and every rule broken on purpose: docs/simulation.md.
sim: page
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@ninja -C build/release simulation
	@build/release/tests/simulation/simulation $(if $(SEED),--seed $(SEED),--seeds 1..200)

sim-soak: page
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@ninja -C build/release simulation
	@build/release/tests/simulation/simulation --seeds 1000..1000 --soak $(or $(SECONDS),3600)

sim-mutations: page
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@ninja -C build/release simulation_mutants
	@python3 tests/simulation/mutate.py run build/release/tests/simulation/simulation_mutants

asan tsan: page
	@scripts/bootstrap.sh test
	@scripts/sanitize.sh $@

# Every fuzzer for half a minute, or for SECONDS each; FUZZER=jwt runs those of that name.
fuzz: page
	@scripts/bootstrap.sh test
	@SECONDS_EACH=$(or $(SECONDS),30) scripts/fuzz.sh $(FUZZER)

format:
	@git ls-files 'src/*.cpp' 'src/*.hpp' 'bench/*.cpp' 'tests/*.cpp' | xargs clang-format-19 -i

clean:
	rm -rf build web/dist

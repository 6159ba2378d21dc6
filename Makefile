# Everything here works from a clean clone on Debian or Ubuntu with Swift 6.2 or newer installed.

.PHONY: help demo test conformance bench-operators parity allocations bench networks sanitize build clean packages \
  peers suite test-python test-swift test-page sanitize-short bench-peers real-models test-server property testable \
  server-peers bench-server bench-server-peers dist

help:
	@echo "make demo      compare the two shipped models on the shipped sample set, with pictures"
	@echo "make test      everything that is checked, with what the checks compare with"
	@echo "make test-page  the web page in headless Chromium; screenshots in out/page"
	@echo "make sanitize  the long runs under the address and thread sanitizers"
	@echo "make allocations  count what a run takes from the heap in steady state"
	@echo "make conformance  the ONNX suite, made anew from PyPI's onnx: compared with what passed, score by operator"
	@echo "make bench-operators  single operators beside ONNX Runtime; OPERATORS= filters, BENCH_ARGS= as for bench"
	@echo "make parity    MODELS=\"a.onnx b.onnx\": any models against ONNX Runtime on random input"
	@echo "make real-models  fetches models that others made and compares them with ONNX Runtime (Tests/Peers/README.md)"
	@echo "make bench     the speed of ONNX Runtime and OpenVINO beside ours, into README.md; MODELS=, BATCH=,"
	@echo "               THREADS=, ROUNDS=, BENCH_ARGS= choose (Tests/Peers/bench.py --help)"
	@echo "make networks  exports the seven reference networks to networks/ (needs torch); bench takes them along"
	@echo "make build     the command, optimised: .build/release/aviary"
	@echo "make dist      a folder that runs on a bare Debian: dist/aviary"
	@echo "make test-server  the server from outside: protocols, limits, abuse (part of test)"
	@echo "make property  requests made up from the OpenAPI document"
	@echo "make bench-server  the server beside FastAPI with ONNX Runtime, into README.md; BENCH_ARGS="
	@echo "make clean     remove what was built"

# System libraries

PACKAGES := libprotobuf-c-dev protobuf-c-compiler libpng-dev libssl-dev libturbojpeg0-dev \
  librsvg2-dev libsqlite3-dev libexpat1-dev libre2-dev libtiff-dev libwebp-dev libopenjp2-7-dev pkg-config
# Opened at run time where it is there; products in double precision are six times slower without.
PACKAGES += libopenblas0-serial
PYTHON_PACKAGES := python3 python3-venv
# The cascades that the tests of the Haar detector read.
TEST_PACKAGES := opencv-data
ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

# Installs those of the Debian packages $(1) that are missing.
define install
@command -v dpkg-query >/dev/null || { echo "not a Debian system; needed are: $(1)"; exit 0; }; \
missing=$$(for p in $(1); do \
  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
if [ -n "$$missing" ]; then \
  $(ROOT) apt-get update -q && \
  $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; fi
endef

packages:
	$(call install,$(PACKAGES))
	@command -v swift >/dev/null || { echo "Swift 6.2 or newer is missing: https://www.swift.org/install"; exit 1; }

# Build and demo

AVIARY := .build/release/aviary
DEMO_MODELS := fer-cnn-bn,fer-cnn-plain

build: packages
	swift build -c release --product aviary

demo: build
	@rm -rf demo
	@$(AVIARY) compare --models $(DEMO_MODELS) --data folder:Zoo/samples/drawn-faces --output demo --no-store
	@echo; echo "Pictures:"; ls demo/*.png | sed 's/^/  /'

# Tests. AVIARY_PYTHON replaces the environment that `make peers` makes.

VENV := .venv
PYTHON := $(or $(AVIARY_PYTHON),$(VENV)/bin/python)
OPTIMISED := -c release -Xswiftc -enable-testing
# Lines for a debugger would take a twelfth of the time that everything takes to build.
TESTABLE := $(OPTIMISED) -debug-info-format none

peers: $(if $(AVIARY_PYTHON),,$(VENV)/complete)

$(VENV)/complete: Tests/Peers/requirements.txt
	$(call install,$(PYTHON_PACKAGES))
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

suite: peers
	@$(PYTHON) Tests/Peers/onnx_suite.py

test-python: peers
	$(PYTHON) -m unittest discover -s Zoo/tests

test-swift: packages peers suite
	$(call install,$(TEST_PACKAGES))
	AVIARY_PYTHON=$(abspath $(PYTHON)) swift test $(TESTABLE)

# The server, seen by its clients. Its peers have an environment of their own; AVIARY_SERVER_PYTHON replaces it.

SERVER_VENV := .venv-server
SERVER_PYTHON := $(abspath $(or $(AVIARY_SERVER_PYTHON),$(SERVER_VENV)/bin/python))

server-peers: $(if $(AVIARY_SERVER_PYTHON),,$(SERVER_VENV)/complete)

$(SERVER_VENV)/complete: Tests/Peers/requirements-server.txt
	$(call install,$(PYTHON_PACKAGES) curl)
	python3 -m venv $(SERVER_VENV)
	$(SERVER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# The command as `swift test` builds it: `swift build` has other flags for tests and would build everything again.
testable: packages
	swift test $(TESTABLE) list >/dev/null

test-server: testable server-peers
	cd Tests/Peers && $(SERVER_PYTHON) -m unittest server_protocol server_abuse server_property

property: testable server-peers
	cd Tests/Peers && AVIARY_LONG=1 $(SERVER_PYTHON) -m unittest server_property

bench-server-peers: server-peers $(if $(AVIARY_SERVER_PYTHON),,$(SERVER_VENV)/bench-complete)
	$(call install,wrk)

$(SERVER_VENV)/bench-complete: Tests/Peers/requirements-bench-server.txt $(SERVER_VENV)/complete
	$(SERVER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-server: build bench-server-peers
	$(SERVER_PYTHON) Tests/Peers/bench_server.py --memory 50000 --readme README.md $(BENCH_ARGS)

# What a machine without Swift needs: the command with Swift's library inside, and the zoo. The page is in the
# command. packages.txt names the Debian packages of the C libraries.

DIST := dist/aviary
DIST_BUILD := .build-dist
# What Foundation's own static parts are linked with.
DIST_PACKAGES := libcurl4-openssl-dev libxml2-dev zlib1g-dev

dist: packages
	$(call install,$(DIST_PACKAGES))
	swift build -c release --static-swift-stdlib --product aviary --scratch-path $(DIST_BUILD)
	rm -rf $(DIST) && mkdir -p $(DIST)/Zoo
	install -s $(DIST_BUILD)/release/aviary $(DIST)/aviary
	for model in Zoo/*/model.json; do cp -R $$(dirname $$model) $(DIST)/Zoo/; done
	cp LICENSE $(DIST)/
	@! ldd $(DIST)/aviary | grep -i swift || { echo "Swift's own libraries are linked"; exit 1; }
	@for library in $$(objdump -p $(DIST)/aviary | awk '/NEEDED/ {print $$2}'); do \
	  path=$$(ldd $(DIST)/aviary | awk -v name=$$library '$$1 == name {print $$3}'); \
	  [ -n "$$path" ] || continue; \
	  dpkg -S "$$path" 2>/dev/null || dpkg -S "/usr$$path" 2>/dev/null || true; \
	done | cut -d: -f1 | sort -u > $(DIST)/packages.txt
	@echo "$(DIST): $$(du -sh $(DIST) | cut -f1)"

# The page in a real browser: Debian's Chromium, where there is a package of it. After test-swift, nothing is built.

test-page: testable peers
	@command -v chromium >/dev/null || { $(ROOT) apt-get update -q && apt-cache show chromium && $(ROOT) env \
	  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; } >/dev/null 2>&1 || true
	$(PYTHON) Tests/Peers/page/run.py

test: packages test-python test-swift test-server test-page sanitize-short

# The ONNX suite alone: fails where a listed case fails or an unlisted one passes.

conformance: packages peers suite
	AVIARY_SCORES=1 AVIARY_PYTHON=$(abspath $(PYTHON)) swift test $(TESTABLE) --filter ConformanceTests

# Allocations of all threads in a run of kernels; alone, because other tests allocate meanwhile.

allocations: packages
	AVIARY_COUNT_ALL_THREADS=1 swift test $(TESTABLE) --filter AllocationTests

# Any models against ONNX Runtime, on random input (parity.py --help).

MODELS ?= $(wildcard Zoo/*/model.onnx)

parity: build peers
	$(PYTHON) Tests/Peers/parity.py $(MODELS)

# Models from PyPI packages, scikit-learn pipelines and made ones against ONNX Runtime; REAL_ARGS="--only vad".

real-models: build peers $(if $(AVIARY_PYTHON),,$(VENV)/real-complete)
	$(PYTHON) Tests/Peers/real_models.py --readme Tests/Peers/README.md $(REAL_ARGS)

$(VENV)/real-complete: Tests/Peers/requirements-real.txt $(VENV)/complete
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Speed beside ONNX Runtime and OpenVINO: the zoo's models, and the reference networks where they were exported.
# Large networks take batches of 8, the others of 32. AVIARY_PYTHON must have what the requirements files list.

NETWORKS := networks
LARGE := %/vgg16.onnx %/vit_b16.onnx
BENCH_MODELS = $(MODELS) $(if $(filter file,$(origin MODELS)),$(wildcard $(NETWORKS)/*.onnx))
BATCH ?= 1,32
LARGE_BATCH ?= 1,8
THREADS ?= 1,2
ROUNDS ?= 7

bench-peers: $(if $(AVIARY_PYTHON),,$(VENV)/bench-complete)

$(VENV)/bench-complete: Tests/Peers/requirements-bench.txt $(VENV)/complete
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench: build bench-peers
	$(PYTHON) Tests/Peers/bench.py $(filter-out $(LARGE),$(BENCH_MODELS)) --batch $(BATCH) --threads $(THREADS) \
	  --rounds $(ROUNDS) $(foreach m,$(filter $(LARGE),$(BENCH_MODELS)),--case "$(m) batch=$(LARGE_BATCH)") \
	  --readme README.md $(BENCH_ARGS)

OPERATORS ?=

bench-operators: build bench-peers
	$(PYTHON) Tests/Peers/bench_operators.py --filter '$(OPERATORS)' --readme Sources/AviaryOperators/README.md $(BENCH_ARGS)

networks: $(if $(AVIARY_PYTHON),,$(VENV)/networks-complete)
	$(PYTHON) Tests/Peers/export_networks.py $(NETWORKS)

$(VENV)/networks-complete: Tests/Peers/requirements-networks.txt $(VENV)/complete
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Sanitizers: addresses where others' files are read, threads where several work. The numbers need an optimised
# build here too.

SANITIZED := AviaryONNXTests|AviaryImageTests|AviaryKernelsTests|AviaryOperatorsTests|AviaryRuntimeTests|AviaryPluginsTests
THREADED := AviaryKernelsTests|AviaryOperatorsTests|AviaryRuntimeTests
UNDER = AVIARY_PYTHON=$(abspath $(PYTHON)) swift test $(OPTIMISED) --sanitize $(1) --scratch-path .build-$(1)
export ASAN_OPTIONS := detect_leaks=0

# The reader of files, and what it needs: a second build of everything would take as long as the first. Damaged
# networks that run, and malformed nodes of every operator, are in `sanitize`, and without a sanitizer in `test-swift`.
sanitize-short: packages peers suite
	AVIARY_TESTS=AviaryONNXTests $(call UNDER,address) --filter ImportMutation

sanitize: packages peers suite
	AVIARY_LONG=1 $(call UNDER,address) --filter '$(SANITIZED)'
	$(call UNDER,thread) --filter '$(THREADED)'

clean:
	rm -rf .build .build-address .build-thread .build-dist demo dist out

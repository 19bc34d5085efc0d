GO   ?= go
PORT ?= 8080
FUZZTIME ?= 30s
SOAK ?= 150s

# The race detector needs a C compiler.
RACE := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null && echo -race)

.PHONY: help demo screenshot test vet native browser chrome proxies wabt module mosquitto interop webtransport soak fuzz bench bench-short \
	bench-browser bench-browser-short
help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 20

demo: ## build the chat for the terminal and for the browser, and serve it (PORT=8080)
	@trap 'exit 0' INT; $(GO) run ./examples/chat/server -port $(PORT)

screenshot: chrome ## take the README's pictures of the chat anew (best with Noto Sans: fonts-noto-core)
	$(GO) test -count=1 -run TestPictures ./examples/chat/server -pictures "$(CURDIR)/docs"

test: vet native browser ## run all tests, natively and in headless Chrome

vet: ## check both targets and the formatting
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./...
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted: $$unformatted"; exit 1; }

chrome: ## find Chrome or Chromium, or install it where that can be done
	@$(GO) run ./wasm_exec chrome

proxies: ## install the proxies that the native tests use if they are there (Debian, Ubuntu; as root)
	@for p in tinyproxy squid microsocks; do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; }

wabt: ## install what makes a module of its text, if it is not there (Debian, Ubuntu; as root)
	@command -v wat2wasm >/dev/null || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wabt; }

module: wabt ## make the browser engine's module anew of js/module.wat
	$(GO) test -count=1 -run TestModuleIsMadeOfItsSource ./js -update

native: chrome ## run the tests natively
	@[ -n "$(RACE)" ] || echo "no C compiler: the tests run without the race detector"
	$(GO) test $(RACE) -timeout 10m ./...

browser: chrome ## run the tests in headless Chrome
	$(GO) run ./testserver $(GO) run ./wasm_exec test -timeout 10m ./...

mosquitto: ## install Mosquitto for interop if it is not there (Debian, Ubuntu; as root)
	@command -v mosquitto >/dev/null || command -v /usr/sbin/mosquitto >/dev/null || { apt-get update && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mosquitto; }

interop: chrome ## try clients of NATS and MQTT over netconn against their servers, natively and in headless Chrome
	$(GO) build -o bin/ ./wasm_exec
	cd interop && $(GO) vet ./... && GOOS=js GOARCH=wasm $(GO) vet ./... && $(GO) build -o ../bin/ ./servers
	cd interop && ../bin/servers $(GO) test $(RACE) ./...
	driver=$$($(GO) tool -n wasmbrowsertest) && cd interop && WASM_EXEC_DRIVER=$$driver ../bin/servers ../bin/wasm_exec test ./...

webtransport: chrome ## run the tests of examples/webtransport, a module of its own, natively and in headless Chrome
	$(GO) build -o bin/ ./testserver ./wasm_exec
	cd examples/webtransport && $(GO) vet ./... && GOOS=js GOARCH=wasm $(GO) vet ./... && $(GO) build -o ../../bin/relay ./relay
	cd examples/webtransport && ../../bin/testserver ../../bin/relay $(GO) test $(RACE) ./...
	driver=$$($(GO) tool -n wasmbrowsertest) && cd examples/webtransport && \
		WASM_EXEC_DRIVER=$$driver ../../bin/testserver ../../bin/relay ../../bin/wasm_exec test ./...

soak: chrome ## mixed traffic for SOAK (150s) on both engines, and 10,000 sockets in one page: eight minutes in all
	SOAK=$(SOAK) $(GO) test $(RACE) -v -count=1 -timeout 20m -run 'TestTraffic|TestManySocketsInAPage' .
	SOAK=$(SOAK) WASM_EXEC_ENV=SOAK $(GO) run ./testserver $(GO) run ./wasm_exec test -v -count=1 -timeout 20m -run TestTraffic .

fuzz: ## fuzz each target, one after the other, for FUZZTIME (30s)
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's|/[^/]*:func | |' | while read -r dir target; do \
		echo "$$target in $$dir, $(FUZZTIME)"; \
		$(GO) -C $$dir test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) . </dev/null || exit 1; done

bench: ## compare with other libraries and write bench/RESULTS.md: about 15 minutes on a machine that does nothing else
	cd bench && $(GO) build -buildvcs=auto -o ../bin/bench . && ../bin/bench -o RESULTS.md

bench-short: ## the same with less of it, in two minutes, to the terminal alone
	cd bench && $(GO) build -buildvcs=auto -o ../bin/bench . && ../bin/bench -short

bench-browser: chrome ## compare in a browser, with JavaScript, and write bench/RESULTS-BROWSER.md: about an hour on a machine that does nothing else
	cd bench && $(GO) build -buildvcs=auto -o ../bin/bench . && ../bin/bench -browser -o RESULTS-BROWSER.md $(ARGS)

bench-browser-short: chrome ## the same with less of it, in two minutes, to the terminal alone (ARGS="-only echo -tree DIR")
	cd bench && $(GO) build -buildvcs=auto -o ../bin/bench . && ../bin/bench -browser -short $(ARGS)

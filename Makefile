# make test    every test, with a real keychain and real dialogs on a throw-away display
# make lint    formatting, vet, staticcheck, generated files, cross builds
# make demo    the pet store from schema to answered call: you answer the dialogs, or it does by itself without a desktop
# make fuzz    each fuzz target, FUZZRUNS times
# make test-windows   the tests of the Windows build's keychain, dialogs and rules, by Wine
# make test-debian13  the tests of dialogs and keychain in a Debian 13, which has zenity 4; needs root
# make laws    what must never happen, on both SDKs, tried TIMES as often as in make test
# make figures the benchmarks against their floors, and the table of them in docs/figures.md
FUZZRUNS ?= 300000
TIMES ?= 20
GO ?= go
STATICCHECK = v0.8.2
# The packages that "./..." leaves out.
LEFT_OUT = ./testdata/golden/... ./testdata/agefile ./testdata/chance ./testdata/inprocess ./testdata/ratio ./examples/petstore/testdata/bare/... ./.ci/wine
# A module of its own, whose tests need PostgreSQL.
NOT_HTTP = examples/nothttp

.PHONY: test test-windows test-debian13 lint demo fuzz laws figures desktop golden

test: desktop lint
	MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) test -race -timeout 20m ./...
	@./.ci/install postgresql
	cd $(NOT_HTTP) && MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) test -race ./...
	$(MAKE) fuzz FUZZRUNS=3000

# Two to four minutes; as far as Wine is Windows.
test-windows:
	@./.ci/install wine64 matchbox-window-manager xvfb xdotool
	$(GO) run ./.ci/wine ./runtime/... ./schema

# Ten minutes; the first time some more, for making the Debian.
test-debian13:
	@./.ci/debian13

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./... $(LEFT_OUT)
	$(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK) ./... $(LEFT_OUT)
	$(GO) mod tidy -diff
	cd $(NOT_HTTP) && $(GO) vet ./... && $(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK) ./... && $(GO) mod tidy -diff
	$(GO) run ./cmd/mcpsecrets-gen check $(NOT_HTTP)/internal/vault/secrets.yaml
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	CGO_ENABLED=0 GOOS=windows $(GO) vet ./...

# The pet store at work. Without a desktop: on a throw-away display, with pictures of the screen.
demo: desktop
	$(GO) run ./examples/petstore/demo

# Every fuzz target of the module, one after the other: each takes all processors. A number of runs, since before 1.27 Go may
# fail when a time is over (go.dev/issue/75804).
fuzz:
	@for file in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
			echo "$$target in $$(dirname $$file)"; \
			$(GO) test $$(dirname $$file) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZRUNS)x -fuzzminimizetime 10x || exit 1; \
		done; \
	done

laws: desktop
	MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) test ./runtime/laws -v -timeout 0 -laws.times $(TIMES)
	MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) test ./runtime/internal/keychain ./cmd/mcpsecrets-gen -run Loss -v -timeout 0 -laws.times $(TIMES)

figures: desktop
	MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) run ./cmd/internal/figures -write docs/figures.md

# Rewrites what the golden tests compare with: read the difference before you commit it.
golden:
	$(GO) test ./schema ./templates ./internal/emit -update
	$(GO) test ./examples/petstore/e2e -run TestClientsFile -update
	$(GO) run ./cmd/mcpsecrets-gen $(NOT_HTTP)/internal/vault/secrets.yaml

# The programs of a desktop, for the tests that need a keychain and dialogs, and Node for the clients in TypeScript.
DESKTOP_PACKAGES = age dbus gnome-keyring libsecret-tools xvfb xauth zenity xdotool xclip imagemagick python3-keyring fonts-dejavu-core fonts-noto-core

desktop:
	@./.ci/install $(DESKTOP_PACKAGES) $$(command -v npm >/dev/null || echo nodejs npm)

# make test    every test, with a real keychain and real dialogs on a throw-away display
# make lint    formatting, vet, staticcheck, generated files, cross builds
# make demo    the pet store from schema to answered call: you answer the dialogs, or it does by itself without a desktop
# make fuzz    each fuzz target for FUZZTIME
# make bench   the benchmarks, each with its floor
FUZZTIME ?= 10m
GO ?= go
STATICCHECK = v0.8.2

.PHONY: test lint demo fuzz bench desktop golden

test: desktop lint
	MCPSECRETS_REQUIRE_DESKTOP=1 $(GO) test -race -timeout 20m ./...

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./... ./testdata/golden/...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK) ./... ./testdata/golden/...
	$(GO) mod tidy -diff
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	CGO_ENABLED=0 GOOS=windows $(GO) vet ./...

# The pet store at work. Without a desktop: on a throw-away display, with pictures of the screen.
demo: desktop
	$(GO) run ./examples/petstore/demo

# Every fuzz target of the module, one after the other: each takes all processors.
fuzz:
	@for file in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
			echo "$$target in $$(dirname $$file)"; \
			$(GO) test $$(dirname $$file) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s || exit 1; \
		done; \
	done

bench: desktop
	$(GO) test -run '^$$' -bench . ./templates ./schema ./runtime/...

# Rewrites what the golden tests compare with: read the difference before you commit it.
golden:
	$(GO) test ./schema ./templates -update
	$(GO) test ./examples/petstore/e2e -run TestClientsFile -update

# The programs of a desktop, for the tests that need a keychain and dialogs, and Node for the clients in TypeScript.
DESKTOP_PACKAGES = dbus gnome-keyring libsecret-tools xvfb xauth zenity xdotool imagemagick python3-keyring

desktop:
	@./.ci/install $(DESKTOP_PACKAGES) $$(command -v npm >/dev/null || echo nodejs npm)

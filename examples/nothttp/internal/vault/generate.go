package vault

// This module does not require what the generator does, so the generator runs in its own.
//go:generate go run -C ../../../.. ./cmd/mcpsecrets-gen examples/nothttp/internal/vault/secrets.yaml

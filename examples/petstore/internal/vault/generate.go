package vault

// In a module of your own: go tool mcpsecrets-gen
//go:generate go run ../../../../cmd/mcpsecrets-gen

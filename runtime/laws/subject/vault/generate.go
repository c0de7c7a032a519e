package vault

//go:generate go run ../../../../cmd/mcpsecrets-gen

package main

import (
	"runtime/debug"
	"testing"
)

func TestModuleVersion(t *testing.T) {
	const path = "github.com/mcpsecrets/mcpsecrets"
	for _, c := range []struct {
		built string
		info  debug.BuildInfo
		want  string
	}{
		{"by go install", debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.2.0"}}, "v0.2.0"},
		{"by go tool", debug.BuildInfo{Main: debug.Module{Path: "example.com/zoo"}, Deps: []*debug.Module{{Path: path, Version: "v0.1.0"}}}, "v0.1.0"},
		{"from a folder", debug.BuildInfo{Deps: []*debug.Module{{Path: path, Version: "v0.1.0", Replace: &debug.Module{Path: "../mcpsecrets"}}}}, ""},
		{"from a fork", debug.BuildInfo{Deps: []*debug.Module{{Path: path, Replace: &debug.Module{Path: "example.com/fork", Version: "v0.3.0"}}}}, "v0.3.0"},
	} {
		if got := moduleVersion(&c.info); got != c.want {
			t.Errorf("built %s it is %q, want %q", c.built, got, c.want)
		}
	}
}

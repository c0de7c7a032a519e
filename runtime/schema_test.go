package secrets_test

import (
	"encoding/json"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// openKeys opens keys that no generator made, with a manifest that fits them.
func openKeys(keys ...secrets.AnyKey) error {
	manager, err := openServer("test", keys...)
	if err != nil {
		return err
	}
	return manager.Close()
}

// openServer is openKeys for a server of that name.
func openServer(server string, keys ...secrets.AnyKey) (*secrets.Manager, error) {
	return openWith(server, keys)
}

// openWith is openServer with options.
func openWith(server string, keys []secrets.AnyKey, options ...secrets.Option) (*secrets.Manager, error) {
	type secret struct {
		Name  string `json:"name"`
		Label string `json:"label"`
		Help  string `json:"help_text"`
		Docs  string `json:"docs"`
	}
	list := make([]secret, len(keys))
	for i, key := range keys {
		f := key.Describe()
		list[i] = secret{f.Name, f.Label, f.Help, f.Docs}
	}
	manifest, err := json.Marshal(map[string]any{"server": server, "secrets": list, "sentences": wording.English()})
	if err != nil {
		return nil, err
	}
	return secrets.Open(secrets.Schema{Server: server, Manifest: string(manifest), Keys: keys}, options...)
}

package secrets_test

import (
	"encoding/json"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// openKeys opens keys that no generator made, with a manifest that fits them.
func openKeys(keys ...secrets.AnyKey) error {
	type secret struct {
		Name  string `json:"name"`
		Label string `json:"label"`
		Help  string `json:"help_text"`
	}
	list := make([]secret, len(keys))
	for i, key := range keys {
		f := key.Describe()
		list[i] = secret{f.Name, f.Label, f.Help}
	}
	manifest, err := json.Marshal(map[string]any{"server": "test", "secrets": list, "sentences": wording.English()})
	if err != nil {
		return err
	}
	manager, err := secrets.Open(secrets.Schema{Server: "test", Manifest: string(manifest), Keys: keys})
	if err != nil {
		return err
	}
	return manager.Close()
}

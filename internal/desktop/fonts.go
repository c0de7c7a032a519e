//go:build linux

package desktop

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
)

// The folders of fonts, as Debian has them in fonts-dejavu-core and fonts-noto-core.
const (
	DejaVu = "/usr/share/fonts/truetype/dejavu"
	Noto   = "/usr/share/fonts/truetype/noto"
)

// chooseFonts makes windows look alike on every machine: programs find the fonts of one folder, and none of the others
// that are installed. The folders of the desktop are there already.
func (d *Desktop) chooseFonts(opts Options) error {
	folder := cmp.Or(opts.Fonts, DejaVu)
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("%w: fonts; on Debian: apt-get install --no-install-recommends fonts-%s-core", ErrMissing, filepath.Base(folder))
	}
	err := d.configure("fontconfig/fonts.conf", `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><reset-dirs/><dir>`+folder+`</dir></fontconfig>
`)
	if err != nil || opts.Font == "" {
		return err
	}
	for _, version := range []string{"3.0", "4.0"} {
		if err := d.configure("gtk-"+version+"/settings.ini", "[Settings]\ngtk-font-name="+opts.Font+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// configure writes a file of the user's configuration.
func (d *Desktop) configure(name, content string) error {
	path := filepath.Join(d.env["XDG_CONFIG_HOME"], name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

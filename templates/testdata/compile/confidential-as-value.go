package golden

import (
	"net/url"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

func confidentialAsValue(a, b secrets.Confidential[*url.URL], c secrets.Confidential[int64], key secrets.Key[*url.URL]) {
	var u *url.URL = a                                  // want "cannot use a .* as \\*url.URL value"
	_ = int64(c)                                        // want "cannot convert c"
	_ = c + 1                                           // want "mismatched types|cannot convert"
	_ = a == b                                          // want "cannot be compared|cannot compare"
	_ = a.Host                                          // want "a.Host undefined"
	_ = a.Equal(c)                                      // want "cannot use c"
	_ = map[secrets.Confidential[int64]]int{}           // want "invalid map key type"
	key = secrets.Hidden(key)                           // want "cannot use secrets.Hidden"
	_ = secrets.Shown(key)                              // want "type .* of key does not match|cannot use key"
	_, _ = u, secrets.Confidential[*url.URL]{held: nil} // want "unknown field held|cannot refer to unexported field"
}

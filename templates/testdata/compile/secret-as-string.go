package golden

import secrets "github.com/mcpsecrets/mcpsecrets/runtime"

func secretAsString(a, b secrets.Secret) {
	var text string = a           // want "cannot use a .* as string value"
	_ = string(a)                 // want "cannot convert a"
	_ = text + a                  // want "mismatched types"
	_ = a == b                    // want "cannot be compared|cannot compare"
	_ = map[secrets.Secret]int{}  // want "invalid map key type"
	_ = a.held                    // want "a.held undefined"
	_ = secrets.Secret{held: nil} // want "unknown field held|cannot refer to unexported field"
}

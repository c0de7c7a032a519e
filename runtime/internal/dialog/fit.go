package dialog

// A fit is how a window is made to fit on the screen. The zero fit is as the desktop has it.
type fit struct {
	small       int  // how often its letters were made smaller
	unmagnified bool // the desktop's magnifying does not count

	// How high it was, in pixels, and how small its letters, when it was last too large; 0 if it was not, or was magnified.
	height, before int
}

//go:build race

package consent

func init() { raceDetector = true }

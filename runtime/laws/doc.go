// Package laws tries by machine, with chances and faults, what must never happen:
//
//   - a value leaves (escape_linux_test.go), or is sent elsewhere (sent_test.go),
//   - something is granted that nobody allowed (permission_test.go, against oracle_test.go),
//   - a value is lost or half-written (loss_linux_test.go),
//   - something hangs or piles up (soak_linux_test.go).
//
// All but the second, and but for what is sent, try the built servers in subject, one for each SDK, with a real keychain and real
// dialogs. The client is the official SDK's, or, where clients must do wrong, one of our own. In go test each law is tried for some seconds, in
// which both SDKs have a share; for longer, and with all of it on both:
//
//	go test ./runtime/laws -timeout 0 -laws.times 100
//
// make laws does so, also for the packages in which a law is tried closer to the code: runtime/internal/keychain and
// cmd/mcpsecrets-gen.
package laws

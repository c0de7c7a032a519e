package golden

import "context"

func optionalAsValue(ctx context.Context, s *Secrets) {
	contact, _ := s.Contact(ctx, "Write a letter")
	var text string = contact // want "cannot use contact .* as string value"
	_ = contact + text        // want "mismatched types"
	_ = contact.value         // want "contact.value undefined"
}

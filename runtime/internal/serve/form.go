package serve

// Answer is the property of a form's content that has the choice.
const Answer = "answer"

// Schema is the requestedSchema of a form: an object with one string, one of the choices.
func Schema(choices []string) map[string]any {
	return map[string]any{
		"type":       "object",
		"properties": map[string]any{Answer: map[string]any{"type": "string", "enum": choices}},
		"required":   []string{Answer},
	}
}

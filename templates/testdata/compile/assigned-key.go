package golden

func assignedKey() {
	KeyAPIKey = KeyPassword     // want "cannot assign to KeyAPIKey"
	KeyAPIKey() = KeyPassword() // want "cannot assign to KeyAPIKey"
	_ = &KeyAPIKey              // want "cannot take address of KeyAPIKey"
}

// Package ask is the bare servers' side of the HTTP API that their tools ask, as the pet store's package store is.
package ask

import (
	"context"
	"io"
	"net/http"
)

// Store asks the API at an address for something, and returns its answer.
func Store(ctx context.Context, api, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/"+path, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

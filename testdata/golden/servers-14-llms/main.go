// Package main shows how a server uses this vault: each provider has an address and a header of its own.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"

	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-14-llms/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// A tool of the server is called with the context of its call, and this stands for one.
	req, err := request(context.Background(), v)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(req.URL.Host)
}

// request makes the request for an answer of the provider that the user has chosen.
func request(ctx context.Context, v *vault.Secrets) (*http.Request, error) {
	provider, err := v.Provider(ctx, "Ask the model")
	if err != nil {
		return nil, err
	}
	model, err := v.Model(ctx)
	if err != nil {
		return nil, err
	}
	var api *url.URL
	var path, header, value string
	switch provider := provider.(type) {
	case vault.ProviderAnthropic:
		path, header, value = "v1/messages", "x-api-key", provider.AnthropicKey.Reveal()
		api, err = v.AnthropicURL(ctx)
	case vault.ProviderOpenAI:
		path, header, value = "responses", "Authorization", "Bearer "+provider.OpenAIKey.Reveal()
		api, err = v.OpenAIURL(ctx)
	case vault.ProviderGemini:
		path, header, value = "v1beta/models/"+string(model)+":generateContent", "x-goog-api-key", provider.GeminiKey.Reveal()
		api, err = v.GeminiURL(ctx)
	case vault.ProviderOllama:
		path, api = "api/chat", provider.OllamaURL
	}
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, api.JoinPath(path).String(), nil)
	if err == nil && header != "" {
		req.Header.Set(header, value)
	}
	return req, err
}

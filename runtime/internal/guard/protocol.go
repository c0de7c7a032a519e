package guard

import "strings"

// protocolKeys are the keys of MCP and of the JSON Schema in it that are as long as something looked for. Everybody knows
// them, and a client that misses one can't read the message, so they stay also where they are a value.
var protocolKeys = func() map[string]bool {
	keys := map[string]bool{}
	for key := range strings.FieldsSeq(`
		protocolVersion supportedVersions capabilities serverInfo clientInfo clientCapabilities instructions experimental extensions listChanged subscribe completions
		elicitation sampling resources resourceTemplates notifications nextCursor structuredContent
		description inputSchema outputSchema annotations readOnlyHint destructiveHint idempotentHint openWorldHint mimeType uriTemplate websiteUrl
		arguments messages contents resource audience priority lastModified
		progressToken progress requestId relatedRequestId elicitationId elicitations requestedSchema requestState inputRequests inputResponses resultType cacheScope
		systemPrompt includeContext temperature maxTokens stopSequences stopReason modelPreferences metadata costPriority speedPriority
		intelligencePriority toolChoice toolUseId completion argument
		taskSupport statusMessage createdAt lastUpdatedAt pollInterval pollIntervalMs execution
		properties required additionalProperties patternProperties propertyNames unevaluatedProperties unevaluatedItems prefixItems definitions
		dependentRequired dependentSchemas dependencies enumNames contentEncoding contentMediaType contentSchema deprecated readOnly writeOnly examples
		minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties uniqueItems multipleOf exclusiveMinimum exclusiveMaximum
		$dynamicRef $dynamicAnchor $vocabulary $comment
		supported requested requests createMessage requiredCapabilities resourceSubscriptions promptsListChanged resourcesListChanged
		toolsListChanged x-mcp-header
		io.modelcontextprotocol/related-task io.modelcontextprotocol/model-immediate-response io.modelcontextprotocol/protocolVersion
		io.modelcontextprotocol/ui io.modelcontextprotocol/clientInfo io.modelcontextprotocol/clientCapabilities io.modelcontextprotocol/serverInfo
		io.modelcontextprotocol/logLevel io.modelcontextprotocol/tasks io.modelcontextprotocol/subscriptionId`) {
		keys[key] = true
	}
	return keys
}()

// isProtocolKey reports whether a key is one of the protocol's.
func isProtocolKey(key []byte) bool { return protocolKeys[string(key)] }

// The client of the AI SDK, which by default does not say that it can show forms.
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio';
import { options, serve } from './driver.mjs';

let transport;
if (options.url) {
  transport = { type: 'http', url: options.url, headers: { Authorization: `Bearer ${options.token}` } };
} else {
  const [command, ...args] = options.command;
  transport = new StdioTransport({ command, args, env: process.env });
}
const client = await createMCPClient({ transport });
await serve({
  revision: client.initializeResult.protocolVersion,
  tools: () => client.listTools(),
  call: (params) => client.callTool(params),
  close: () => client.close(),
});

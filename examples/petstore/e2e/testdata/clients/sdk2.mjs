// The official TypeScript SDK, 2.x. The mode is that of its version negotiation.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { ask, options, serve } from './driver.mjs';

const client = new Client(
  { name: 'sdk2', version: '1.0.0' },
  {
    capabilities: options.forms ? { elicitation: { form: {} } } : {},
    versionNegotiation: { mode: options.mode === 'pin' ? { pin: '2026-07-28' } : options.mode },
  },
);
if (options.forms) {
  client.setRequestHandler('elicitation/create', (request) => ask(request.params));
}
let transport;
if (options.url) {
  transport = new StreamableHTTPClientTransport(new URL(options.url), {
    requestInit: { headers: { Authorization: `Bearer ${options.token}` } },
  });
} else {
  const [command, ...args] = options.command;
  transport = new StdioClientTransport({ command, args, env: options.bare ? undefined : process.env, stderr: 'inherit' });
}
await client.connect(transport);
await serve({
  revision: client.getNegotiatedProtocolVersion(),
  tools: () => client.listTools(),
  call: (params) => client.callTool(params),
  close: () => client.close(),
});

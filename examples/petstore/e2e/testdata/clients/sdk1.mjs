// The official TypeScript SDK, 1.x.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { ask, options, serve } from './driver.mjs';

const client = new Client(
  { name: 'sdk1', version: '1.0.0' },
  { capabilities: options.forms ? { elicitation: {} } : {} },
);
if (options.forms) {
  client.setRequestHandler(ElicitRequestSchema, (request) => ask(request.params));
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
// The client tells its transport the revision, and nobody else.
let revision;
const told = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (version) => {
  revision = version;
  told?.(version);
};
await client.connect(transport);
await serve({
  revision,
  tools: () => client.listTools(),
  call: (params) => client.callTool(params),
  close: () => client.close(),
});

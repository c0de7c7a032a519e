// The protocol between a client and the Go test that drives it, as lines of JSON.
//
//	node CLIENT.mjs OPTIONS      OPTIONS: {mode, forms, bare, command: [program, argument...]} or {..., url, token}
//	-> {"ready": REVISION}
//	<- {"id": 1, "do": "tools"}                              -> {"id": 1, "result": [NAME...]}
//	<- {"id": 2, "do": "call", "tool": ..., "arguments": {}} -> {"id": 2, "result": {"text": ..., "isError": false}}
//	-> {"form": 1, "message": ..., "schema": {}}             <- {"form": 1, "answer": {"action": ..., "content": {}}}
//
// What fails is {"id": ..., "error": ...}. The client ends with its standard input.
import { createInterface } from 'node:readline';

export const options = JSON.parse(process.argv[2]);

const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');

let formsSeen = 0;
const answers = new Map();

// ask shows the Go test a form, and resolves to its answer.
export function ask({ message, requestedSchema }) {
  const form = ++formsSeen;
  say({ form, message, schema: requestedSchema });
  return new Promise((resolve) => answers.set(form, resolve));
}

// serve does what the Go test says.
export async function serve({ revision, tools, call, close }) {
  say({ ready: revision });
  const work = {
    tools: async () => (await tools()).tools.map((tool) => tool.name),
    call: async ({ tool, arguments: args }) => {
      const { content, isError } = await call({ name: tool, arguments: args });
      return { text: content.map((part) => part.text).join('\n'), isError: isError === true };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    if (order.form) {
      answers.get(order.form)(order.answer);
      continue;
    }
    work[order.do](order).then(
      (result) => say({ id: order.id, result }),
      (error) => say({ id: order.id, error: String(error) }),
    );
  }
  await close();
  process.exit();
}

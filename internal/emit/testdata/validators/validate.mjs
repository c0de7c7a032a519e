// Reads [{format, text}] from standard input and writes, for each, what its foreign reader says: null, a problem, or what it read.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { validateManifest } from "@anthropic-ai/mcpb";
import { parse } from "dotenv";
import MarkdownIt from "markdown-it";
import { check, format as pretty } from "prettier";

const folder = mkdtempSync(join(tmpdir(), "validate-"));
const problems = [];
console.log = console.error = (...words) => problems.push(words.join(" ")); // in which mcpb says what is wrong

const readers = {
  mcpb(source) {
    const file = join(folder, "manifest.json");
    writeFileSync(file, source);
    problems.length = 0;
    return validateManifest(file) ? null : problems.join("\n");
  },
  async docker(source) {
    return (await check(source, { parser: "yaml" })) ? null : "not as Prettier writes it:\n" + (await pretty(source, { parser: "yaml" }));
  },
  env: parse,
  // What is seen of a page: each heading with the lines of its quotation, and the code in its list.
  markdown(source) {
    const sections = [];
    let quoted = false;
    let heading = false;
    for (const token of new MarkdownIt().parse(source, {})) {
      if (token.type === "heading_open") heading = token.tag === "h2";
      if (token.type.startsWith("blockquote")) quoted = token.type === "blockquote_open";
      if (token.type !== "inline") continue;
      const seen = token.children.map((t) => (t.type === "hardbreak" || t.type === "softbreak" ? "\n" : t.content)).join("");
      if (heading) sections.push({ label: seen, help: "", code: [] });
      heading = false;
      const section = sections.at(-1);
      if (section && quoted) section.help += seen;
      section?.code.push(...token.children.filter((t) => t.type === "code_inline").map((t) => t.content));
    }
    return sections;
  },
};

const answers = [];
for (const { format, text } of JSON.parse(await textOf(process.stdin))) {
  try {
    answers.push(await readers[format](text));
  } catch (error) {
    answers.push(String(error));
  }
}
rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify(answers));

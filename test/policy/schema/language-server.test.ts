/** The JSON Schema as editors use it: the YAML language server, over stdio, with the first line of a policy. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";

const ROOT = join(import.meta.dirname, "../../..");
const require = createRequire(import.meta.url);
const SERVER = require.resolve("yaml-language-server/bin/yaml-language-server");
const MODELINE = "# yaml-language-server: $schema=../schema/policy.schema.json\n";
const TARGET = `version: 1
target:
  name: production
  provider: journeyapps
  url: https://example.com/api/v4/1
  credentials: env:TOKEN
`;

interface Diagnostic {
  message: string;
  range: { start: { line: number; character: number } };
}
interface Completion {
  items: { label: string; documentation?: string | { value: string } }[];
}

let server: ReturnType<typeof spawn>;
let connection: MessageConnection;
const heard = new Map<string, (found: Diagnostic[]) => void>();

beforeAll(async () => {
  const child = spawn(process.execPath, [SERVER, "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  server = child;
  connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.onNotification(
    "textDocument/publishDiagnostics",
    ({ uri, diagnostics }: { uri: string; diagnostics: Diagnostic[] }) => {
      heard.get(uri)?.(diagnostics);
    },
  );
  // The server asks for its settings, and would ask the network for a catalogue of schemas.
  connection.onRequest("workspace/configuration", ({ items }: { items: { section: string }[] }) =>
    items.map(({ section }) =>
      section === "yaml"
        ? { validate: true, completion: true, hover: true, schemaStore: { enable: false } }
        : {},
    ),
  );
  connection.onRequest("client/registerCapability", () => null);
  connection.listen();
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(ROOT).href,
    workspaceFolders: [{ uri: pathToFileURL(ROOT).href, name: "curfew" }],
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
      textDocument: {
        completion: { completionItem: { documentationFormat: ["markdown", "plaintext"] } },
        hover: { contentFormat: ["markdown", "plaintext"] },
        publishDiagnostics: {},
      },
    },
  });
  await connection.sendNotification("initialized", {});
});

afterAll(async () => {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  const last = setTimeout(() => server.kill("SIGKILL"), 5_000);
  server.kill();
  await ended;
  clearTimeout(last);
  connection.dispose();
});

let documents = 0;

/** Opens a text as a policy of the folder `policies`, and waits for what the server says of it. */
async function opened(text: string): Promise<{ uri: string; diagnostics: Diagnostic[] }> {
  const uri = pathToFileURL(join(ROOT, "policies", `unsaved-${++documents}.yaml`)).href;
  const said = new Promise<Diagnostic[]>((resolve) => heard.set(uri, resolve));
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  return { uri, diagnostics: await said };
}

/** Opens a text with one `|`, which is where the cursor stands and is not part of it. */
async function atCursor(marked: string) {
  const text = MODELINE + marked.replace("|", "");
  const before = (MODELINE + marked).split("|")[0] ?? "";
  const line = before.split("\n").length - 1;
  const character = before.length - before.lastIndexOf("\n") - 1;
  const { uri } = await opened(text);
  return { textDocument: { uri }, position: { line, character } };
}

async function completed(marked: string): Promise<Map<string, string>> {
  const answer = await connection.sendRequest<Completion>(
    "textDocument/completion",
    await atCursor(marked),
  );
  const told = ({ documentation = "" }: Completion["items"][number]) =>
    typeof documentation === "string" ? documentation : documentation.value;
  return new Map(answer.items.map((item) => [item.label, told(item)]));
}

async function hovered(marked: string): Promise<string> {
  const answer = await connection.sendRequest<{ contents: { value: string } } | null>(
    "textDocument/hover",
    await atCursor(marked),
  );
  return answer?.contents.value ?? "";
}

describe("an editor", () => {
  test.each([
    ["journeyapps", ["identify", "auth", "ledger"], ["otp", "register", "claims"]],
    ["slingr", ["otp", "script", "metadata"], ["register", "claims"]],
    ["corporateacademy", ["register", "keys", "claims"], ["otp", "identify", "auth"]],
  ])("completes a target by its provider: %s", async (provider, own, others) => {
    const target = `version: 1\ntarget:\n  name: a\n  provider: ${provider}\n  url: https://example.com/x\n  |\n`;
    const found = [...(await completed(target)).keys()];
    expect(found).toEqual(expect.arrayContaining(own));
    for (const other of others) expect(found).not.toContain(other);
  });

  test("completes the sections at the top level, and leaves out those that are there", async () => {
    const found = await completed(`${TARGET}|`);
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(["sessions", "devices", "users", "limits", "freeze", "planExpires"]),
    );
    expect([...found.keys()]).not.toContain("target");
    expect(found.get("planExpires")).toContain("How long a saved plan may be applied");
  });

  test("completes the keys of sessions", async () => {
    const found = await completed(`${TARGET}sessions:\n  |`);
    expect([...found.keys()].sort()).toEqual(["maxAge", "maxIdle", "maxPerUser", "notBefore"]);
  });

  test("completes the keys of an entry of users.locked", async () => {
    const found = await completed(
      `${TARGET}users:\n  locked:\n    - user: ann\n      reason: Left\n      |\n`,
    );
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(["ticket", "from", "until", "wipe", "urgent", "adopt"]),
    );
    expect([...found.keys()]).not.toContain("sessions");
  });

  test("completes the words that a key takes", async () => {
    const found = await completed(`${TARGET}devices:\n  otherwise: |\n`);
    expect([...found.keys()]).toEqual(expect.arrayContaining(["re-authenticate", "wipe"]));
  });

  test.each([
    [`${TARGET}sessions:\n  max|Age: 30d\n`, "The longest time since the last sign-in"],
    [`${TARGET}users:\n  lo|cked: []\n`, "Who is locked out."],
    [`${TARGET}limits:\n  wi|pe: { max: 1 }\n`, "Wipes. Where absent: max 0"],
  ])("shows what a key means (%#)", async (marked, description) => {
    expect(await hovered(marked)).toContain(description);
  });

  test.each([
    ["a wrong key", "sessions:\n  maxAgee: 30d\n", 8, /maxAgee/],
    ["a wrong type", "sessions:\n  maxPerUser: two\n", 8, /integer/],
    ["a wrong word", "devices:\n  otherwise: erase\n", 8, /re-authenticate/],
    ["a duration that is none", "sessions:\n  maxAge: 30 days\n", 8, /pattern/i],
    ["a missing reason", "users:\n  locked:\n    - user: ann\n", 9, /reason/],
  ])("marks %s", async (_, sections, line, message) => {
    const { diagnostics } = await opened(MODELINE + TARGET + sections);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(message),
        range: expect.objectContaining({ start: expect.objectContaining({ line }) }),
      }),
    ]);
  });

  test("marks nothing in policies/production.yaml", async () => {
    const text = await readFile(join(ROOT, "policies/production.yaml"), "utf8");
    expect(text.startsWith(MODELINE)).toBe(true);
    expect((await opened(text)).diagnostics).toEqual([]);
  });
});

// @module-tag worlds
/** Whatever a backend answers: it is read as documented, or refused by a name; it is never a crash, never half-read. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { UnreadableTargetError } from "../../src/errors.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { UserRecord } from "../../src/model/inventory.ts";
import type { Action } from "../../src/model/plan.ts";
import { ShapeError } from "../../src/providers/http/shape.ts";
import { createJourneyAppsProvider } from "../../src/providers/journeyapps/provider.ts";
import * as wire from "../../src/providers/journeyapps/wire.ts";
import { knownOf, ofJourneyApps, policyOf } from "../kit/builders.ts";
import { FUZZ } from "../kit/runs.ts";
import { DEPLOYMENT, testClock } from "../providers/journeyapps/server.ts";
import { accountRecord, profile, sessionShape, userRecord } from "./model-shape.ts";
import { mutated, mutatedJson } from "./mutate.ts";

const FIXTURES = join(import.meta.dirname, "../providers/journeyapps/fixtures");
const fixture = async (name: string) =>
  JSON.parse(await readFile(join(FIXTURES, `${name}.json`), "utf8"));
const [USERS, USER, SESSION, TOKEN] = await Promise.all(
  ["users", "user", "session", "authentication-token"].map(fixture),
);

const INFO = { label: "Acme", environment: "production", region: "us" };
const DATAMODEL = {
  app_user: "user",
  models: { user: { name: "user", fields: { email: { type: "text" } }, belongs_to: { team: {} } } },
};
const OBJECT = { id: "u1", email: "a@b.example", active: { key: true, display: "Yes" }, n: 3 };
const ERROR = {
  type: "OBJECT_NOT_FOUND",
  title: "No user",
  detail: "u1",
  see: "https://x.example",
};
const BATCH = {
  stop_on_error: false,
  operations: [
    { method: "users/lock", user_id: "u1", wipe: false, success: true },
    { method: "users/unlock", user_id: "u2", success: false, error: ERROR },
  ],
};

/** What each reader makes of its answer: a result of this shape, or a ShapeError. */
const READERS: [string, unknown, (body: unknown) => unknown, z.ZodType][] = [
  [
    "a page",
    USERS,
    (body) => {
      const page = wire.readPage(body);
      return { ...page, objects: page.objects.map(wire.readUser) };
    },
    z.strictObject({
      total: z.int().min(0),
      count: z.int().min(0),
      more: z.boolean(),
      objects: z.array(accountRecord),
    }),
  ],
  ["a user", USER, wire.readUser, accountRecord],
  ["a session", SESSION, wire.readSession, sessionShape],
  [
    "what a deployment says of itself",
    INFO,
    wire.readInfo,
    z.strictObject({
      label: z.string().nullable(),
      environment: z.string().nullable(),
      region: z.string().nullable(),
    }),
  ],
  [
    "a data model",
    DATAMODEL,
    wire.readUserModel,
    z.strictObject({ name: z.string(), fields: z.array(z.string()) }),
  ],
  [
    "an object of the user model",
    OBJECT,
    (body) => wire.readObject(body, ["email", "active", "n", "__proto__", "toString"]),
    profile,
  ],
  [
    "an error",
    ERROR,
    wire.readError,
    z.strictObject({ type: z.string(), title: z.string().nullish() }).nullable(),
  ],
  [
    "the answer to a batch",
    BATCH,
    (body) => wire.readBatchReply(body, 2),
    z.tuple([z.looseObject({ success: z.boolean() }), z.looseObject({ success: z.boolean() })]),
  ],
  ["a token", TOKEN, wire.readToken, z.strictObject({ token: z.string(), url: z.string() })],
];

describe("a changed answer is read as documented, or is a ShapeError", {}, () => {
  it.each(READERS)("%s", (_name, answer, read, shape) => {
    expect(shape.safeParse(read(answer)).error).toBeUndefined();
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(mutatedJson(answer), changedText(answer)), (body) => {
        const result = attempt(() => read(body));
        if (result instanceof ShapeError) refused++;
        else expect(shape.safeParse(result).error).toBeUndefined();
      }),
      FUZZ,
    );
    // Readers of what is optional refuse nothing: errors, and objects, whose faults stay with the user.
    if (read !== wire.readError && read !== wire.readUser) expect(refused).toBeGreaterThan(0);
  });
});

/** As JSON whose text was changed; what is none any more is the client's to refuse. */
function changedText(answer: unknown): fc.Arbitrary<unknown> {
  return mutated(JSON.stringify(answer)).map((text) => {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  });
}

/** The result, or the ShapeError; any other error is a bug. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof ShapeError) return error;
    throw error;
  }
}

/** Each run opens some connections. */
const OVER_HTTP = { ...FUZZ, numRuns: Math.ceil(FUZZ.numRuns / 5) };

const WHOLE = { ...USERS, total: USERS.objects.length, more: false };
const PAGE = JSON.stringify(WHOLE);
const head = (length: number) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;

/** Bytes that a server sends and closes: a changed page, a changed answer, or anything with a status. */
const answers = fc.oneof(
  mutatedJson(WHOLE).map((page) => withHead(JSON.stringify(page) ?? "")),
  mutated(PAGE).map(withHead),
  mutated(head(Buffer.byteLength(PAGE)) + PAGE),
  fc
    .tuple(fc.integer({ min: 99, max: 1000 }), mutated(JSON.stringify(ERROR)))
    .map(([status, body]) => withHead(body).replace("200 OK", `${status} X`)),
);

function withHead(body: string): string {
  return head(Buffer.byteLength(body)) + body;
}

describe("over HTTP", () => {
  // docs/contract.md, "Commands": exit code 5. undici gives these errors no code of their own.
  it.each([
    ["not HTTP", "220 mail.example ESMTP\r\n"],
    ["a change of protocols", withHead("{}").replace("200 OK", "101 Switching Protocols")],
  ])("an answer that is %s is an UnreadableTargetError", async (_what, answer) => {
    const { url } = await server(() => answer);
    await expect(read(url, [])).resolves.toBeNull();
  });

  it("a changed answer is a read that is whole, or an UnreadableTargetError", async () => {
    let answer = "";
    const { url } = await server(() => answer);
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(answers, async (text) => {
        answer = text;
        const records: UserRecord[] = [];
        const facts = await read(url, records);
        if (!facts) return;
        whole++;
        expect(facts.users).toBe(records.length);
        for (const record of records) expect(userRecord.safeParse(record).error).toBeUndefined();
      }),
      // One that is as it was, and one that is nothing: few random ones may all be of one kind.
      { ...OVER_HTTP, examples: [[withHead(PAGE)], [""]] },
    );
    expect(whole).toBeGreaterThan(0);
    expect(whole).toBeLessThan(OVER_HTTP.numRuns);
  });

  it("a changed answer to a batch is a result for each action, and never an error", async () => {
    let answer = "";
    const { url } = await server(() => answer);
    const actions = ["u1", "u2"].map(
      (user): Action => ({
        ...{ type: "lock", user, session: null, wipe: true },
        ...{ cause: "policy", reasons: [], expects: { locked: false } },
      }),
    );
    const replies = fc.oneof(
      mutatedJson(BATCH).map((body) => withHead(JSON.stringify(body) ?? "")),
      mutated(withHead(JSON.stringify(BATCH))),
      answers,
    );
    await fc.assert(
      fc.asyncProperty(replies, async (text) => {
        answer = text;
        const provider = open(url);
        try {
          const results = await provider.write(actions, () => {});
          expect(results).toHaveLength(2);
          for (const result of results) {
            expect(["done", "failed", "gone", "unknown"]).toContain(result.status);
            if (result.status !== "done") expect(result.error.length).toBeGreaterThan(0);
          }
        } finally {
          await provider.close();
        }
      }),
      OVER_HTTP,
    );
  });
});

function open(url: string) {
  const target = ofJourneyApps(policyOf().target);
  return createJourneyAppsProvider({
    target: { ...target, url, requestsPerSecond: 10_000 },
    credential: "tok-fuzz",
    clock: testClock(),
    timeouts: { connect: 2_000, headers: 2_000, body: 2_000 },
  });
}

/** null where the target could not be read. */
async function read(url: string, into: UserRecord[]) {
  const provider = open(url);
  const policy = policyOf();
  try {
    const { sinks, facts } = await readInventory(provider, knownOf(policy), () => {
      into.length = 0;
      return { list: { add: (record: UserRecord) => void into.push(record) } };
    });
    expect(sinks.list).toBeDefined();
    return facts;
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    expect(error.message).not.toContain("tok-fuzz");
    return null;
  } finally {
    await provider.close();
  }
}

/** A server that sends a text to whoever asks, whatever was asked, and ends the connection. */
async function server(answer: () => string): Promise<{ url: string }> {
  const listening: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer()));
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  onTestFinished(async () => {
    listening.close();
    await once(listening, "close");
  });
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/api/v4/${DEPLOYMENT}`,
  };
}

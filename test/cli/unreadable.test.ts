// @module-tag slow
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { SandboxOptions } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { curfew, filesOf, folder, SECRET, stable } from "./run.ts";
import { nobody, policy, project, sandbox, writes } from "./world.ts";

/** What `curfew COMMAND` says of a target that can't be read; nothing may have been written to it, or to a ledger. */
async function told(options: SandboxOptions, command = ["apply", "--yes"]): Promise<string> {
  const target = await sandbox({ pageMax: 2, ...options });
  const cwd = await project(target.url);
  const ran = await curfew(cwd, command);
  expect(ran).toMatchObject({ code: 5 });
  // Text says it as an error; in every other format the report says it, too.
  if (!command.includes("--format")) expect(ran.out).toBe("");
  else
    expect(ran.out).toContain(command.includes("json") ? '"missing"' : "Not whole: 1 of 1 target");
  expect(writes(target)).toBe(0);
  // What an apply leaves is the number of its lease, so that no later one is taken for it, and that it was there.
  const files = Object.entries(await filesOf(cwd)).filter(
    ([name]) => !name.endsWith("/lease.json"),
  );
  const logged = files.filter(([name]) => name.endsWith("/audit/000000000001.jsonl"));
  const ignore = command[0] === "apply" ? [".gitignore"] : [];
  const others = files.filter((file) => !logged.includes(file));
  expect(others.map(([name]) => name).sort()).toEqual([...ignore, "policies/production.yaml"]);
  expect(logged.map(([, text]) => JSON.parse(text))).toMatchObject(
    command[0] === "apply"
      ? [{ kind: "run-stopped", why: "unreadable", message: expect.stringMatching(/\S{3}/) }]
      : [],
  );
  return steady(ran.err);
}

const steady = (text: string) => stable(text).replace(/tried \d+ times in [\d.]+ s/, "tried TIMES");

const fault = (kind: NonNullable<SandboxOptions["faults"]>[number]["kind"], value?: number) =>
  told({ faults: [{ kind, match: "GET /users", ...(value === undefined ? {} : { value }) }] });

test("a backend that lies is not believed: exit 5 and no operation", async () => {
  const kinds = [
    "wrong-total",
    "wrong-count",
    "repeat-page",
    "wrong-shape",
    "html",
    "cut-json",
    "500",
    "401",
  ] as const;
  // One that can't be reached waits as long as they do.
  const [closed, ...said] = await Promise.all([
    project(await nobody()).then((cwd) => curfew(cwd, ["apply", "--yes"])),
    ...kinds.map(async (kind) => [kind, await fault(kind)] as const),
  ]);
  expect(closed).toMatchObject({ code: 5, out: "" });
  expect(steady(closed.err)).toBe(
    "error: HOST refused the connection (tried TIMES). Check the host and port in target.url, and that this machine may reach them.\n",
  );
  expect(Object.fromEntries(said)).toMatchInlineSnapshot(`
    {
      "401": "error: HOST does not accept the credential (401 “HTTP Basic: Access denied.”). Check the secret that target.credentials points to, and that target.auth is its kind.
    ",
      "500": "error: HOST failed to answer GET users?limit=1000&skip=0 (500 INTERNAL_SERVER_ERROR “Oops! Something went wrong.”) (tried TIMES). Nothing is wrong with the policy; try again when it answers.
    ",
      "cut-json": "error: HOST broke off its answer to GET users?limit=1000&skip=0 (no whole JSON) (tried TIMES). Nothing is wrong with the policy; try again when it answers.
    ",
      "html": "error: HOST answered GET users?limit=1000&skip=0 with something else than JSON: “<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>”. Check that target.url is the target's own address, and not that of another site.
    ",
      "repeat-page": "error: production: the users could not be read in full, 4 times: 2 users came of 4 that the first page promised. Nothing was written. If users are being imported or removed just now, run again when that is done.
    ",
      "wrong-count": "error: production: the users could not be read in full, 4 times: a page of users claims 3 objects and holds 2. Nothing was written. If users are being imported or removed just now, run again when that is done.
    ",
      "wrong-shape": "error: HOST answered GET users?limit=1000&skip=0 in an unknown form: total is not as documented: Invalid input: expected number, received undefined. Check target.url, and that this version of Curfew is current.
    ",
      "wrong-total": "error: production: the users could not be read in full, 4 times: 4 users came of 5 that the first page promised. Nothing was written. If users are being imported or removed just now, run again when that is done.
    ",
    }
  `);
});

test("each command that reads tells an unreadable target", async () => {
  const token = { token: "another" };
  const [plan, drift, inventory] = await Promise.all([
    told(token, ["plan", "--format", "json", "--out", "plan.json"]),
    told(token, ["drift", "--format", "markdown"]),
    told(token, ["inventory", "--out", "inventory.jsonl"]),
  ]);
  expect(plan).toMatchInlineSnapshot(`
    "error: HOST does not accept the credential (401 “HTTP Basic: Access denied.”). Check the secret that target.credentials points to, and that target.auth is its kind.
    "
  `);
  expect([drift, inventory]).toEqual([plan, plan]);
});

test("a wrong address is told with its remedy: deployment, route, environment", async () => {
  const { url } = await sandbox();
  const of = async (address: string, target?: string) => {
    const cwd = await project(address, target === undefined ? {} : { target });
    const { code, out, err } = await curfew(cwd, ["plan"]);
    expect([code, out]).toEqual([5, ""]);
    return stable(err);
  };
  const said = await Promise.all([
    of(url.replace(/[^/]+$/, "another")),
    of(url.replace("/v4/", "/v3/")),
    of(url, "  credentials: env:TOKEN\n  environment: production\n"),
  ]);
  expect(said).toMatchInlineSnapshot(`
    [
      "error: HOST has no such deployment or call at this address (404 ACCOUNT_NOT_FOUND “Account not found.”). Check target.url: it ends in /api/v4/ and the id of the backend deployment.
    ",
      "error: HOST has no such deployment or call at this address (404 ROUTE_ERROR “Route not found.”). Check target.url: it ends in /api/v4/ and the id of the backend deployment.
    ",
      "error: policies/production.yaml:2: production is meant to be the environment production, and the deployment at http://HOST/api/v4/533bda53027894f69b001055 says it is testing: check target.url
    ",
    ]
  `);
});

/** A server that says the Authorization header back, in every place where a message could take it from. */
async function echo(
  answer: (authorization: string) => {
    status: number;
    body: string;
    headers?: Record<string, string>;
  },
): Promise<string> {
  const server = createServer((request, response) => {
    const { status, body, headers } = answer(request.headers.authorization ?? "");
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4/533bda53027894f69b001055`;
}

test("a server that says the credential back gets none of it printed", async () => {
  const error = (status: number) => (said: string) => ({
    status,
    body: JSON.stringify({ type: said, title: said, detail: said, see: said }),
  });
  const answers: Parameters<typeof echo>[0][] = [
    error(400),
    error(401),
    error(404),
    (said) => ({ status: 401, body: `Access denied to ${said}\n` }),
    (said) => ({ status: 400, body: `${"x".repeat(185)} ${said}` }),
    (said) => ({
      status: 302,
      body: "",
      headers: { location: `https://example.com/?${encodeURI(said)}` },
    }),
    (said) => ({ status: 200, body: `<p>${said}</p>` }),
    (said) => ({
      status: 200,
      body: JSON.stringify({ [said]: said, total: said, objects: [said] }),
    }),
  ];
  const runs = answers.map(async (answer, i) => {
    const auth = ["bearer", "basic", "token"][i % 3];
    const cwd = await project(await echo(answer), {
      target: `  credentials: env:TOKEN\n  auth: ${auth}\n`,
    });
    return curfew(cwd, ["plan"]);
  });
  // That the secret is nowhere is looked for by `curfew` itself.
  for (const ran of await Promise.all(runs)) {
    expect(ran).toMatchObject({ code: 5, out: "" });
    expect(ran.err).toMatch(/^error: 127\.0\.0\.1:\d+ .*\n$/);
  }
});

test("a credential is told by its reference", async () => {
  const { url } = await sandbox();
  const of = (credentials: string, env: Record<string, string | undefined>) =>
    project(url, { target: `  credentials: ${credentials}\n` }).then((cwd) =>
      curfew(cwd, ["plan"], { env }),
    );
  const [missing, several, empty, broken] = await Promise.all([
    of("env:TOKEN", { TOKEN: undefined }),
    of("[env:ONE, aws-secret:curfew/production, env:TWO]", {}),
    of("env:TOKEN", { TOKEN: "  " }),
    of("env:TOKEN", { TOKEN: `${SECRET}\n${SECRET}` }),
  ]);
  for (const ran of [missing, several, empty, broken])
    expect(ran).toMatchObject({ code: 1, out: "" });
  expect([missing.err, several.err, empty.err, broken.err]).toMatchInlineSnapshot(`
    [
      "error: policies/production.yaml:2: no credential for production: the environment variable TOKEN is not set. Set one of them to the token of the deployment.
    ",
      "error: policies/production.yaml:2: no credential for production: the environment variable ONE is not set; the secret curfew/production can't be read, as no AWS region is given: set AWS_REGION; the environment variable TWO is not set. Set one of them to the token of the deployment.
    ",
      "error: policies/production.yaml:2: no credential for production: the environment variable TOKEN is not set. Set one of them to the token of the deployment.
    ",
      "error: The credential that target.credentials points to holds a line break or a character no header takes; store it anew.
    ",
    ]
  `);

  const second = await folder({
    "policies/a.yaml": policy(url, { target: "  credentials: [env:NOPE, env:TOKEN]\n" }),
  });
  expect(await curfew(second, ["plan"])).toMatchObject({ code: 2, err: "" });
});

/** A small GitHub on loopback: pull requests, comments, issues, statuses, artifacts, and what git knows of commits. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

const REPOSITORY = "acme/policies";
export const BOT = "github-actions[bot]";

export interface Pull {
  number: number;
  state: string;
  head: { sha: string; ref: string; repo: { full_name: string } };
  base: { sha: string; ref: string; repo: { full_name: string } };
}

interface Comment {
  id: number;
  user: { login: string };
  body: string;
}

interface Issue {
  number: number;
  user: { login: string };
  title: string;
  body: string;
  state: string;
  pull_request?: object;
}

export interface GitHub {
  url: string;
  pulls: Pull[];
  /** Of all pull requests and issues, by number. */
  comments: Map<number, Comment[]>;
  issues: Issue[];
  statuses: { sha: string; state: string; context: string; description: string }[];
  /** The zip of the artifact `curfew-policies`, and what GitHub says of its size. */
  artifact: { zip: Buffer; size?: number; name?: string } | null;
  /** Requests that write: method, path and token. */
  writes: string[];
}

/** Starts one that knows the commits of the git repository at `repository`; closed after the test. */
export async function startGitHub(repository: string): Promise<GitHub> {
  const hub: GitHub = {
    ...{ url: "", pulls: [], comments: new Map(), issues: [], statuses: [], artifact: null },
    writes: [],
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (request.method !== "GET") hub.writes.push(`${request.method} ${request.url}`);
    const answer = answerTo(hub, repository, request, text === "" ? {} : JSON.parse(text));
    response.writeHead(answer === null ? 404 : 200);
    response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer ?? "Not Found"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

type Body = Record<string, string>;

function answerTo(hub: GitHub, repository: string, request: IncomingMessage, body: Body): unknown {
  const { pathname, searchParams } = new URL(request.url ?? "", hub.url);
  const prefix = `/repos/${REPOSITORY}/`;
  if (!pathname.startsWith(prefix) || request.headers.authorization !== "job-token") return null;
  const path = pathname.slice(prefix.length);
  const is = (pattern: RegExp) => `${request.method} ${path}`.match(pattern)?.slice(1) ?? null;
  const paged = <T>(all: T[]) => {
    const size = Number(searchParams.get("per_page") ?? 30);
    const page = Number(searchParams.get("page") ?? 1);
    return all.slice((page - 1) * size, page * size);
  };
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" }).trim();
  const about = Number(/^issues\/(\d+)/.exec(path)?.[1]);
  const comments = hub.comments.get(about) ?? [];

  if (is(/^GET pulls$/)) {
    const [owner = "", ref = ""] = (searchParams.get("head") ?? "").split(/:(.*)/s);
    return hub.pulls.filter(
      ({ state, head }) =>
        state === "open" && head.ref === ref && head.repo.full_name.startsWith(`${owner}/`),
    );
  }
  const compared = is(/^GET compare\/(\w+)\.\.\.(\w+)$/);
  if (compared) return { merge_base_commit: { sha: git("merge-base", ...compared) } };
  const [tree] = is(/^GET git\/trees\/(\w+)$/) ?? [];
  if (tree) return { truncated: false, tree: treeOf(git("ls-tree", "-r", tree)) };
  if (is(/^GET actions\/runs\/\d+\/artifacts$/)) {
    const { name = "curfew-policies", zip, size } = hub.artifact ?? {};
    if (!zip) return { artifacts: [] };
    return { artifacts: [{ id: 7, name, expired: false, size_in_bytes: size ?? zip.length }] };
  }
  if (is(/^GET actions\/artifacts\/7\/zip$/)) return hub.artifact?.zip ?? null;
  if (is(/^GET issues$/)) return paged(hub.issues.filter(({ state }) => state === "open"));
  if (is(/^GET issues\/\d+\/comments$/)) return paged(comments);
  if (is(/^POST issues\/\d+\/comments$/)) {
    const id = 1_000 * about + comments.length;
    const comment = { id, user: { login: BOT }, body: body.body ?? "" };
    hub.comments.set(about, [...comments, comment]);
    return comment;
  }
  const [commentId] = is(/^PATCH issues\/comments\/(\d+)$/) ?? [];
  if (commentId) {
    const all = [...hub.comments.values()].flat();
    return Object.assign(all.find(({ id }) => id === Number(commentId)) ?? {}, body);
  }
  if (is(/^POST issues$/)) {
    const { title = "", body: text = "" } = body;
    const number = hub.issues.length + 1;
    hub.issues.push({ number, user: { login: BOT }, title, body: text, state: "open" });
    return {};
  }
  if (is(/^PATCH issues\/\d+$/))
    return Object.assign(hub.issues.find(({ number }) => number === about) ?? {}, body);
  const [sha] = is(/^POST statuses\/(\w+)$/) ?? [];
  if (sha) {
    const { state = "", context = "", description = "" } = body;
    return hub.statuses.push({ sha, state, context, description });
  }
  return null;
}

function treeOf(listing: string) {
  return listing.split("\n").map((line) => {
    const [, mode, type, sha, path] = /^(\d+) (\w+) (\w+)\t(.*)$/.exec(line) ?? [];
    return { mode, type, sha, path };
  });
}

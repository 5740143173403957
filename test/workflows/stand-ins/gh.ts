/** `gh api`, as far as the scripts of CI use it, against the server at FAKE_GITHUB. Its jq is the machine's. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { recorded } from "./record.ts";

/** Fewer than GitHub gives at once, so that there are several pages. */
const PAGE = 30;

interface Request {
  method: string | null;
  path: string;
  fields: Record<string, string>;
  jq: string | null;
  input: boolean;
  silent: boolean;
  paginate: boolean;
}

const [command, ...args] = recorded("gh");
if (command !== "api") throw new Error(`gh ${command} is not played`);
await main(parsed(args));

function parsed(rest: string[]): Request {
  const request: Request = {
    ...{ method: null, path: "", fields: {}, jq: null },
    ...{ input: false, silent: false, paginate: false },
  };
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i] ?? "";
    const value = () => rest[++i] ?? "";
    if (arg === "--method") request.method = value();
    else if (arg === "--raw-field") {
      const [key = "", ...parts] = value().split("=");
      request.fields[key] = parts.join("=");
    } else if (arg === "--jq") request.jq = value();
    else if (arg === "--input") request.input = value() === "-";
    else if (arg === "--silent") request.silent = true;
    else if (arg === "--paginate") request.paginate = true;
    else if (arg.startsWith("-")) throw new Error(`gh api ${arg} is not played`);
    else request.path = arg;
  }
  return request;
}

async function main(request: Request): Promise<void> {
  const { jq, silent, paginate } = request;
  for (let page = 1; ; page++) {
    const body = await call(request, page);
    if (!silent) {
      const text =
        jq === null
          ? body
          : execFileSync(process.env.JQ ?? "jq", ["--raw-output", jq], { input: body });
      process.stdout.write(text);
    }
    if (!paginate || JSON.parse(body.toString()).length < PAGE) return;
  }
}

async function call(request: Request, page: number): Promise<Buffer> {
  const { fields, paginate } = request;
  const some = Object.keys(fields).length > 0;
  const method = request.method ?? (some || request.input ? "POST" : "GET");
  const url = new URL(request.path, `${process.env.FAKE_GITHUB}/`);
  const init: RequestInit = { method, headers: { authorization: process.env.GH_TOKEN ?? "" } };
  if (method === "GET") for (const [k, v] of Object.entries(fields)) url.searchParams.set(k, v);
  else init.body = request.input ? readFileSync(0, "utf8") : JSON.stringify(fields);
  if (paginate) {
    url.searchParams.set("per_page", String(PAGE));
    url.searchParams.set("page", String(page));
  }
  const response = await fetch(url, init);
  const body = Buffer.from(await response.arrayBuffer());
  if (response.ok) return body;
  process.stderr.write(`gh: ${body} (HTTP ${response.status})\n`);
  process.exit(1);
}

// @module-tag slow
/** docs/gitlab.md: the pipeline as data, and the note on a merge request, for real. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { textOf } from "./read.ts";
import { runSteps, startRunner, write } from "./stage.ts";

const [, example = ""] = /```yaml\n(.*?)```/s.exec(textOf("docs/gitlab.md")) ?? [];
const pipeline = parse(example);

test("the pipeline names stages, scripts and variables that are there", () => {
  const jobs = ["check", "plan", "drift"].map((name) => pipeline[name]);
  for (const job of jobs) {
    expect(pipeline.stages).toContain(job.stage);
    expect(job.extends).toBe(".curfew");
    expect(job.script.every((line: unknown) => typeof line === "string")).toBe(true);
  }
  const scripts = [...example.matchAll(/\/opt\/curfew\/(\S+\.(?:sh|js))/g)].map(([, file]) => file);
  expect(scripts.length).toBeGreaterThan(2);
  for (const file of scripts) expect(textOf(file ?? "")).not.toBe("");
});

test("only the plan has a token for AWS, and a fork has no plan", () => {
  expect(Object.keys(pipeline).filter((job) => pipeline[job].id_tokens)).toEqual(["plan"]);
  expect(pipeline.plan.rules[0].if).toContain(
    "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID",
  );
});

interface Note {
  id: number;
  author: { id: number };
  body: string;
}

/** A GitLab that knows one merge request. */
async function startGitLab(notes: Note[]) {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    seen.push(`${request.method} ${pathname} ${request.headers["private-token"]}`);
    const path = pathname.replace("/api/v4/projects/5/merge_requests/12/", "");
    let answer: unknown = {};
    if (path === "/api/v4/user") answer = { id: 1 };
    else if (request.method === "GET") {
      const page = Number(searchParams.get("page"));
      answer = notes.slice((page - 1) * 100, page * 100);
    } else if (request.method === "POST") {
      notes.push({ id: notes.length, author: { id: 1 }, ...JSON.parse(text) });
    } else {
      const [, id] = path.split("/");
      Object.assign(notes.find((note) => note.id === Number(id)) ?? {}, JSON.parse(text));
    }
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4`, seen };
}

test("the note is posted once and updated after, whoever else says the same", async () => {
  const runner = await startRunner();
  const marker = "<!-- curfew:plan:production -->";
  const notes: Note[] = Array.from({ length: 150 }, (_, id) => ({
    ...{ id, author: { id: 2 }, body: `${marker}\nnot ours` },
  }));
  const lab = await startGitLab(notes);
  const env = {
    ...{ CI_API_V4_URL: lab.url, CI_MERGE_REQUEST_PROJECT_ID: "5", CI_MERGE_REQUEST_IID: "12" },
    ...{ CURFEW_NOTE_TOKEN: "note-token", CI_JOB_URL: "https://gitlab.example.com/job/1" },
  };
  const post = async (text: string) => {
    await write(runner.temp, { "plan.md": text });
    const run = `bash scripts/ci/gitlab-note.sh '${runner.temp}/plan.md'`;
    return runSteps(runner, [{ name: "note", run }], { env });
  };
  expect((await post(`${marker}\nfirst "quoted"\n`)).codes).toEqual({ note: 0 });
  expect((await post(`${marker}\nsecond\n`)).codes).toEqual({ note: 0 });
  expect(notes).toHaveLength(151);
  expect(notes.at(-1)?.body).toBe(
    `${marker}\nsecond\n\n<sub>[The job with the full plan](https://gitlab.example.com/job/1)</sub>\n`,
  );
  expect(lab.seen.every((line) => line.endsWith(" note-token"))).toBe(true);
  expect((await post("no marker\n")).codes).toEqual({ note: 1 });
});

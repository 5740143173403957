/** The workflows and the action of this repository, as data. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const ROOT = join(import.meta.dirname, "../..");
const FOLDER = ".github/workflows";

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  shell?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
}

export interface Job {
  name?: string;
  if?: string;
  needs?: string;
  environment?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  steps: Step[];
  env?: Record<string, string>;
}

export interface Workflow {
  name: string;
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  env?: Record<string, string>;
  jobs: Record<string, Job>;
}

/** The names of the workflows' files. */
export const WORKFLOWS = readdirSync(join(ROOT, FOLDER)).sort();

/** The text of a file of this repository. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export function pathOf(workflow: string): string {
  return `${FOLDER}/${workflow}`;
}

export function workflowOf(file: string): Workflow {
  return parse(textOf(pathOf(file)));
}

/** The job of a workflow. Throws where there is none. */
export function jobOf(file: string, job: string): { workflow: Workflow; job: Job } {
  const workflow = workflowOf(file);
  const found = workflow.jobs[job];
  if (!found) throw new Error(`${file} has no job ${job}`);
  return { workflow, job: found };
}

export interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

export function action(): Action {
  return parse(textOf("action.yml"));
}

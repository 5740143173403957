/** The scheduled door: one run on one target, on AWS Lambda, by the policies that were deployed with it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { isLeft } from "../apply/execute.ts";
import { loadPolicies } from "../checkout/load.ts";
import { BusyError, CurfewError, UnreadableTargetError, UsageError } from "../errors.ts";
import { applyExit, EXIT, heldCount, NOT_JUDGED } from "../exit.ts";
import { bySpareHand, snapshotWriter } from "../inventory/snapshot.ts";
import type { Policy } from "../model/policy.ts";
import type { Known } from "../model/run.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { publish } from "../notify/topic.ts";
import type { Settings } from "../parts.ts";
import { RENDERERS } from "../report/formats.ts";
import type { Renderer } from "../report/renderer.ts";
import { type Ran, runOn } from "../run.ts";
import { redactor } from "../secrets/redact.ts";
import { type Ending, type Measures, measuresOf } from "./measures.ts";
import { openShelf, type ShelfContent } from "./shelf.ts";

/** What a run that did what it could returns. */
export interface RunReport {
  target: string;
  run: string;
  ending: "Success" | "Busy";
  applied: number;
  held: number;
  /** Actions that the next run takes up, for lack of time. */
  left: number;
  /** `sha256:…`, the audit log's last line. */
  audit: string | null;
}

/** A run ended in order, and not well: the alarm shall fire. The message says why. */
class RunEndedBadlyError extends Error {
  readonly ending: Ending;
  constructor(ending: Ending, message: string) {
    super(message);
    this.name = `${ending}Error`;
    this.ending = ending;
  }
}

/** Before the time-out there must be room for a batch that is retried (30 s), the last records and the reports. */
const MARGIN: Duration = 75_000;

/** Sentences of one error; CloudWatch and people take only so much. */
const MOST_SENTENCES = 20;

const logger = new Logger({ serviceName: "curfew" });

/**
 * Runs on the target that the environment names (`CURFEW_TARGET`); the event only says why it was called.
 * Ends in an error where the run was refused, could not read the target, or failed in part. An event that comes twice
 * is harmless: a run acts on what is there now, and the ledger's lease lets one work at a time.
 */
export async function handler(event: unknown, context: Context): Promise<RunReport> {
  const began = Date.now();
  const { env } = process;
  const target = needed(env, "CURFEW_TARGET");
  const measures = measuresOf(target);
  const secrets = redactor();
  logger.addContext(context);
  logger.appendKeys({ target });
  logger.info("run begins", { event: eventOf(event) });
  let ending: Ending = "Broken";
  try {
    const report = await runAndTell({ target, began, context, measures, hide: secrets.hide });
    ending = report.ending;
    logger.info("run ended", { report });
    return report;
  } catch (error) {
    ending = endingOf(error);
    const why = secrets.clean(error instanceof Error ? error.message : String(error));
    // Several targets may have one backend, and the error is all that some readers see.
    const message = why.startsWith(`${target}: `) ? why : `${target}: ${why}`;
    // A stack is of use where it is a bug.
    const stack = ending === "Broken" && error instanceof Error ? error.stack : undefined;
    logger.error(message, { ending, ...(stack && { stack: secrets.clean(stack) }) });
    const told = new Error(message);
    told.name = error instanceof Error ? error.name : "Error";
    throw told;
  } finally {
    measures.end(ending, began, Date.now());
  }
}

interface RunDoor {
  target: string;
  began: Instant;
  context: Context;
  measures: Measures;
  hide(secret: string): void;
}

async function runAndTell(door: RunDoor): Promise<RunReport> {
  const { target, began, context, measures } = door;
  const policy = await deployedPolicy(target, began);
  const id = `${new Date(began).toISOString().replace(/[-:.]/g, "")}-${context.awsRequestId.slice(0, 8)}`;
  const files = await mkdtemp(path.join(tmpdir(), "curfew-"));
  try {
    const { ran, inventory } = await run(policy, id, files, door);
    const left = ran.outcomes.filter(isLeft).length;
    measures.run(ran.plan, ran.outcomes, left);
    const code = applyExit(policy, ran.plan, ran.outcomes);
    const well = code === EXIT.done || code === EXIT.wanted;
    const untold = await failures([() => shelve(id, ran, inventory), () => tellDrift(ran)]);
    const problems = [...(well ? [] : [verdict(ran)]), ...untold];
    if (problems.length === 0) return reportOf(target, id, "Success", ran, left);
    const ending = code === EXIT.refused ? "Refused" : "Failed";
    throw new RunEndedBadlyError(ending, problems.join("\n"));
  } catch (error) {
    // Another run is at work, or this event came twice: nothing is wrong, and nothing was done.
    if (error instanceof BusyError) return reportOf(target, id, "Busy", null, 0);
    throw error;
  } finally {
    await rm(files, { recursive: true, force: true });
  }
}

/** Does each, also where one before it fails; what failed, as sentences. Throws what is no error of ours. */
async function failures(works: readonly (() => Promise<void>)[]): Promise<string[]> {
  const told: string[] = [];
  for (const work of works) {
    await work().catch((error: unknown) => {
      if (!(error instanceof CurfewError)) throw error;
      told.push(error.message);
    });
  }
  return told;
}

/** Runs, and keeps the inventory that was read as a file, for plans without credentials. */
async function run(policy: Policy, id: string, files: string, door: RunDoor) {
  const { began, context } = door;
  const timely = () => context.getRemainingTimeInMillis() > MARGIN;
  const file = path.join(files, "inventory.jsonl");
  await using made = new AsyncDisposableStack();
  const warn = (message: string) => logger.warn(message);
  const sinks = (known: Known) => ({
    saved: made.use(bySpareHand(snapshotWriter(file, known), warn)),
  });
  const onRead = (read: number, total: number) => {
    if (timely()) return;
    throw new UnreadableTargetError(
      `${policy.target.name}: the time is over after ${read} of ${total} users were read. Nothing was written. Give the function more time, or raise target.requestsPerSecond.`,
    );
  };
  const ran = await runOn(policy, settingsOf(door), {
    ...{ id, at: began, only: null, saved: null },
    ...{ agree: () => true, sinks, onRead, enough: timely },
  });
  const isSaved = await ran.sinks.saved.save(ran.plan.inventory);
  return { ran, inventory: isSaved ? file : null };
}

function settingsOf({ context, measures, hide }: RunDoor): Settings {
  const { env } = process;
  return {
    env,
    mayWait: (wait) => context.getRemainingTimeInMillis() - wait > MARGIN,
    cwd: packageFolder(),
    ledger: needed(env, "CURFEW_LEDGER"),
    onSecret: hide,
    onWarning: (message) => logger.warn(message),
    onRequest: measures.request,
    onUntold: measures.untold,
    identity: {
      who: `lambda ${context.functionName}`,
      // Environments of Lambda may share host name, boot and process ids; a log stream is one environment's own.
      host: env.AWS_LAMBDA_LOG_STREAM_NAME ?? `lambda/${context.awsRequestId}`,
    },
  };
}

/** The policy for the target as it was reviewed and deployed, with the commit that it came from. */
async function deployedPolicy(target: string, at: Instant): Promise<Policy> {
  const cwd = packageFolder();
  const { commit } = JSON.parse(await readFile(path.join(cwd, "deployed.json"), "utf8"));
  const policies = await loadPolicies(["policies"], { cwd, at, commit });
  const policy = policies.find(({ target: { name } }) => name === target);
  if (policy) return policy;
  throw new UsageError(
    `no policy of this package has the target ${target}: deploy again from the checkout`,
  );
}

/** Reports of the run, and the newest inventory, where it could be saved. */
async function shelve(id: string, ran: Ran, inventory: string | null): Promise<void> {
  const shelf = openShelf(needed(process.env, "CURFEW_REPORTS"), { env: process.env });
  const options = { colour: false, width: 100, all: true, several: false };
  const text = (render: Renderer): ShelfContent => ({ text: render.apply([ran], options) });
  await shelf.put(`${id}/report.json`, "application/json", text(RENDERERS.json));
  await shelf.put(`${id}/report.md`, "text/markdown; charset=utf-8", text(RENDERERS.markdown));
  if (inventory !== null)
    await shelf.put("inventory.jsonl", "application/jsonl", { file: inventory });
}

/** Drift that was found and closed is a success, and somebody should know that the backend was changed by hand. */
async function tellDrift(ran: Ran): Promise<void> {
  const topic = process.env.CURFEW_ALERTS;
  const drifted = ran.plan.actions.filter(({ cause }) => cause === "drift").length;
  if (!topic || drifted === 0) return;
  const subject = `Curfew: drift on ${ran.plan.target}`;
  const options = { colour: false, width: 100, all: false, several: false };
  const report = RENDERERS.text.plan([ran], options) + RENDERERS.text.apply([ran], options);
  await publish(topic, subject, report);
}

function reportOf(
  target: string,
  run: string,
  ending: RunReport["ending"],
  ran: Ran | null,
  left: number,
): RunReport {
  const applied = ran?.outcomes.filter(({ status }) => status === "applied").length ?? 0;
  const audit = ran?.audit ? `sha256:${ran.audit.hash}` : null;
  return { target, run, ending, applied, held: ran ? heldCount(ran.plan) : 0, left, audit };
}

function endingOf(error: unknown): Ending {
  if (error instanceof RunEndedBadlyError) return error.ending;
  if (error instanceof UnreadableTargetError) return "Unreadable";
  return error instanceof CurfewError ? "Failed" : "Broken";
}

/** Why a run ended badly, in sentences: what was refused, what failed now or before, and what is not clear. */
function verdict({ plan, outcomes }: Ran): string {
  const failed = outcomes.filter(({ status }) => status === "failed");
  const waiting = plan.held.filter(({ by }) => by === "retry");
  const unclear = plan.notices.filter(({ kind }) => NOT_JUDGED.has(kind));
  const sentences = [
    ...plan.refusals.map(({ message }) => message),
    ...failed.map(({ type, user, error }) => `${type} of ${user} failed: ${error}`),
    ...waiting.map(({ type, user, next }) =>
      [`${type} of ${user} failed before`, ...(next ? [`is tried again from ${next}`] : [])].join(
        " and ",
      ),
    ),
    ...unclear.map(({ message }) => message),
  ];
  const more = sentences.length - MOST_SENTENCES;
  const rest = more > 0 ? [`… and ${more} more: see the report of the run.`] : [];
  return [...sentences.slice(0, MOST_SENTENCES), ...rest].join("\n");
}

/** What the event says of itself, for the log; it decides nothing. */
function eventOf(event: unknown): object {
  const { kind, id, scheduledAt, Records } = Object(event);
  if (Array.isArray(Records)) return { kind: "deployed", key: Records[0]?.s3?.object?.key };
  return { kind, id, scheduledAt };
}

/** Where Lambda puts the package. */
function packageFolder(): string {
  return process.env.LAMBDA_TASK_ROOT ?? import.meta.dirname;
}

function needed(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new UsageError(`${name} is not set: deploy the stack again`);
}

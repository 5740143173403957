/** The composition root: from a policy and the settings of a door to the adapters. Nothing else knows them. */

import { existsSync } from "node:fs";
import path from "node:path";
import {
  homeOf,
  ignoreLedger,
  LEDGER_NAME,
  refuseSecond,
  refuseTracked,
  shown,
} from "./checkout/ledger-folder.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { UnreadableTargetError, UsageError } from "./errors.ts";
import { deploymentKey } from "./ledger/key.ts";
import { type Identity, thisHolder } from "./ledger/lease/process.ts";
import { openLedger, type StoredLedger } from "./ledger/ledger.ts";
import { type FolderHooks, openFolder } from "./ledger/store/folder/folder.ts";
import { isS3, parseS3Place } from "./ledger/store/s3/place.ts";
import { openS3 } from "./ledger/store/s3/s3.ts";
import type { Policy, Target } from "./model/policy.ts";
import type { Ledger, Provider } from "./model/ports.ts";
import type { TargetInfo } from "./model/run.ts";
import type { Duration } from "./model/vocabulary.ts";
import type { Timer } from "./notify/post.ts";
import { addressOf } from "./policy/target.ts";
import { LEDGER_PLACE } from "./policy/values/values.ts";
import { refuseStrangeHost } from "./providers/hosts.ts";
import type { RequestEvent } from "./providers/http/client.ts";
import { ADAPTERS } from "./providers/open.ts";
import { resolveCredential } from "./secrets/credentials.ts";

export type { RequestEvent };

/** What a door knows and a policy does not. */
export interface Settings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** --ledger or CURFEW_LEDGER: a folder or `s3://bucket/prefix`; null where neither is given. */
  ledger: string | null;
  /** Told of each secret that was resolved, so that the door keeps it out of all it prints. */
  onSecret?: (secret: string) => void;
  /** Told, in a sentence, what does not end the run and somebody should know: a ledger that is damaged. */
  onWarning?: (message: string) => void;
  /** Told of every request to the target, after it. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether there is time to wait for so long, where the target asks for it; always, where absent. */
  mayWait?: (wait: Duration) => boolean;
  /** Told how many times somebody could not be told in a run (`notify` in the policy), where that was. */
  onUntold?: (failures: number) => void;
  /** The clock of deliveries; the machine's own where absent. */
  clock?: Timer;
  /** As whom a run holds the lease; this process of this machine where absent. */
  identity?: Identity;
}

/** A target with all that a run needs of it; closed when it is disposed of. */
export interface Opened<L extends Ledger = StoredLedger> extends AsyncDisposable {
  provider: Provider;
  ledger: L;
  /** What the target says of itself; null where it does not. */
  info: TargetInfo | null;
}

/**
 * Opens a target, with the ledger of the policy, and checks that it is the one that the policy means.
 * Throws UsageError without a credential, UnreadableTargetError where the target does not answer or is another one.
 */
export async function openTarget<L extends Ledger>(
  policy: Policy,
  settings: Settings,
  ledger: L,
): Promise<Opened<L>> {
  const { target } = policy;
  await using opening = new AsyncDisposableStack();
  const provider = await openProvider(policy, settings);
  opening.defer(() => provider.close());
  opening.defer(() => {
    const damage = ledger.damage();
    if (damage !== null) settings.onWarning?.(damage);
  });
  const info = await provider.info();
  if (target.environment !== null && info?.environment !== target.environment) {
    throw new UnreadableTargetError(
      `${target.source.file}:${target.source.line}: ${target.name} is meant to be the environment ${target.environment}, and the deployment at ${target.url} says it is ${info?.environment ?? "nothing"}: check target.url`,
    );
  }
  const opened = opening.move();
  return { provider, ledger, info, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The backend of a policy's target, before anything is asked of it. Throws UsageError without a credential. */
export async function openProvider({ target }: Policy, settings: Settings): Promise<Provider> {
  const adapter = ADAPTERS[target.provider];
  refuseStrangeHost(target, adapter.hosts, settings.env.CURFEW_HOSTS);
  const credential = await credentialOf(target, settings);
  const { env, cwd, onSecret, onWarning, onRequest, mayWait } = settings;
  return adapter.open({
    ...{ target, credential, env, cwd },
    ...(onSecret && { onSecret }),
    ...(onWarning && { onWarning }),
    ...(onRequest && { onRequest }),
    ...(mayWait && { mayWait }),
  });
}

/** The secret, which the door is told of; empty where the target names none, as one may whose calls bring their own. */
async function credentialOf(target: Target, { env, onSecret }: Settings): Promise<string> {
  if (target.credentials.length === 0) return "";
  const credential = await resolveCredential(target, env);
  onSecret?.(credential);
  return credential;
}

/** The lease of a run; given back when it is disposed of. */
export interface TakenLease extends AsyncDisposable {
  /** Throws once it is lost. */
  check: () => void;
}

/** Takes the ledger's lease, so that no two runs overlap. Throws BusyError where another run holds it. */
export async function takeLease(
  ledger: Ledger,
  run: string,
  identity?: Identity,
): Promise<TakenLease> {
  const holder = thisHolder(run, identity?.who, identity?.host);
  const lease = await ledger.lock(holder, SYSTEM_CLOCK);
  lease.keep();
  return {
    check: () => lease.check(),
    // A lease that can't be released ends by itself; the outcome of the work matters more.
    [Symbol.asyncDispose]: () => lease.release().catch(() => {}),
  };
}

/** As openLedgerOf, for who only reads: warns where the folder that was named is not there, perhaps for a slip of the pen. */
export function ledgerToRead(policy: Policy, settings: Settings): StoredLedger {
  const ledger = openLedgerOf(policy, settings);
  const { ledger: ours, name } = policy.target;
  const named = ours ?? settings.ledger;
  if (named !== null && !isS3(named) && !existsSync(path.resolve(settings.cwd, named)))
    settings.onWarning?.(`${name}: the ledger ${named} is read as empty: there is no such folder`);
  return ledger;
}

/** Opens the ledger of a policy's target. Throws UsageError where the policy's and the settings' ledger differ. */
export function openLedgerOf(policy: Policy, settings: Settings): StoredLedger {
  const { target } = policy;
  if (target.ledger !== null && settings.ledger !== null && settings.ledger !== target.ledger) {
    throw new UsageError(
      `${target.source.file}:${target.source.line}: the ledger of ${target.name} is ${target.ledger} for everybody, and --ledger (or CURFEW_LEDGER) says ${settings.ledger}: leave it out, or change the policy`,
    );
  }
  const named = target.ledger ?? settings.ledger;
  if (named !== null && !isS3(named) && !LEDGER_PLACE.test(named)) {
    throw new UsageError(
      `the ledger ${named} is neither a folder nor s3://bucket/prefix (no other address, and no ~ or $ that a shell did not replace)`,
    );
  }
  if (named !== null && isS3(named)) {
    const store = openS3(parseS3Place(named), { now: Date.now, env: settings.env });
    return openLedger(store, { url: addressOf(target), place: named });
  }
  return named === null ? ledgerAtHome(policy, settings) : ledgerIn(named, policy, settings);
}

/** The ledger that nobody named: one for a policy, wherever one stands. */
function ledgerAtHome(policy: Policy, settings: Settings): StoredLedger {
  const { cwd, onWarning } = settings;
  const file = path.resolve(cwd, policy.files[0] ?? "");
  const home = homeOf(file);
  refuseSecond(home, file, cwd, deploymentKey(addressOf(policy.target)));
  const made = async () => {
    await ignoreLedger(home.folder).catch((error: NodeJS.ErrnoException) => {
      onWarning?.(
        `${shown(path.join(home.folder, ".gitignore"), cwd)} can't be written (${error.code ?? error.message}): add the line .curfew/, so that git does not take the ledger in`,
      );
    });
  };
  const place = shown(path.join(home.folder, LEDGER_NAME), cwd);
  return ledgerIn(place, policy, settings, home.isRepository ? { made } : {});
}

function ledgerIn(
  place: string,
  { target }: Policy,
  { cwd, onWarning }: Settings,
  hooks: FolderHooks = {},
): StoredLedger {
  const folder = path.resolve(cwd, place);
  const first = () => refuseTracked(folder, cwd);
  const store = openFolder(folder, onWarning, { first, ...hooks });
  return openLedger(store, { url: addressOf(target), place });
}

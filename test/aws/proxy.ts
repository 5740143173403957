/**
 * AWS as a role sees it: a proxy on loopback that checks each request against policies before it passes it on to moto,
 * which does not, keeps a record of what was asked, and can fail as AWS fails.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type Answer, broken, conflict, denied, strange, throttled } from "./answers.ts";
import { asksOf, serviceOf, type Wanted, type Wire } from "./asks.ts";
import { decide, fits, type PolicyDocument, type Verdict } from "./iam.ts";
import { impliedBy } from "./implied.ts";

export interface ProxyOptions {
  /** The address of the emulator. */
  moto: string;
  /** The ARN of the role that asks. */
  principal: string;
  region: string;
  policies: readonly PolicyDocument[];
  /** The policies of a bucket, a topic, a key, by its ARN. @default none */
  policiesOf?: (resource: string) => readonly PolicyDocument[];
  /** The ARN of the key that a resource is encrypted with; null where that is AWS's own. @default null */
  keyOf?: (resource: string) => string | null;
}

/** One thing that was asked of AWS. `status` is null where no answer was given. */
interface Asked {
  action: string;
  resource: string;
  allowed: boolean;
  status: number | null;
  /** Of a key: the service that uses it for the caller. */
  via?: string;
}

/**
 * `refuse`, `throttle`, `break` and `conflict` answer in AWS's place; `reset` cuts the connection before the request
 * takes effect, `lose` after it did; `hang` never answers; `until` waits for a promise, then goes on.
 */
type Failure = "refuse" | "throttle" | "break" | "conflict" | "reset" | "lose" | "hang";

interface Fault {
  /** A pattern of IAM, e.g. `s3:*`. */
  action: string;
  /** @default any */
  resource?: string;
  does: Failure | { until: Promise<unknown> };
  /** How many requests it meets. @default all */
  times?: number;
}

export interface AwsProxy {
  readonly url: string;
  /** Oldest first. */
  readonly asked: readonly Asked[];
  /** Those of the role; a change takes effect at once. */
  policies: readonly PolicyDocument[];
  /** In force now; the first that fits a request meets it. */
  faults: Fault[];
  /** Forgets what was asked. */
  forget(): void;
  /** Resolves when a request that fits arrives, before it takes effect. */
  arrival(action: string, resource?: string): Promise<void>;
  /** Throws where a request came that it could not read. */
  close(): Promise<void>;
}

export async function startProxy(options: ProxyOptions): Promise<AwsProxy> {
  const gate = new Gate(options);
  const problems: unknown[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      give(response, await gate.meet(await wireOf(incoming)));
    } catch (error) {
      problems.push(error);
      give(response, strange(String(error)));
    }
  });
  // A test may freeze a client for long, which must find its connection again.
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(gate, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      if (problems.length > 0) throw new AggregateError(problems, String(problems[0]));
    },
  });
}

async function wireOf(incoming: IncomingMessage): Promise<Wire> {
  const { method = "", url = "", headers } = incoming;
  const body = await buffer(incoming);
  return { method, target: url, headers: headers as Record<string, string>, body };
}

type Outcome = Answer | "cut" | "hang";

function give(response: ServerResponse, outcome: Outcome): void {
  if (outcome === "hang") return;
  if (outcome === "cut") response.destroy();
  else response.writeHead(outcome.status, outcome.headers).end(outcome.body);
}

class Gate {
  readonly asked: Asked[] = [];
  policies: readonly PolicyDocument[];
  faults: Fault[] = [];
  readonly #options: ProxyOptions;
  readonly #account: string;
  readonly #awaited: { fault: Pick<Fault, "action" | "resource">; come: () => void }[] = [];

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.policies = options.policies;
    this.#account = options.principal.split(":")[4] ?? "";
  }

  forget(): void {
    this.asked.length = 0;
  }

  arrival(action: string, resource = "*"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.push({ fault: { action, resource }, come: resolve });
    return promise;
  }

  async meet(wire: Wire): Promise<Outcome> {
    const wanted = await this.#wantedBy(wire);
    for (const { fault, come } of this.#awaited) if (meets(fault, wanted)) come();
    const records: Asked[] = [];
    const outcome = await this.#outcome(wire, wanted, records);
    const status = typeof outcome === "string" ? null : outcome.status;
    for (const record of records) record.status = status;
    return outcome;
  }

  async #outcome(wire: Wire, wanted: readonly Wanted[], records: Asked[]): Promise<Outcome> {
    for (const ask of wanted) {
      const verdict = this.#decide(ask);
      const { action, resource, context } = ask;
      const via = context?.["kms:viaservice"];
      const record = {
        action,
        resource,
        allowed: verdict.allowed,
        status: null,
        ...(via && { via }),
      };
      records.push(record);
      this.asked.push(record);
      if (!verdict.allowed) return denied(serviceOf(wire), this.#sentence(ask, verdict.why));
    }
    const fault = this.faults.find((each) => each.times !== 0 && meets(each, wanted));
    if (fault?.times !== undefined) fault.times -= 1;
    return this.#carryOut(wire, wanted, fault?.does);
  }

  async #carryOut(wire: Wire, wanted: readonly Wanted[], does?: Fault["does"]): Promise<Outcome> {
    const service = serviceOf(wire);
    if (does === "refuse") return denied(service, "Access is refused.");
    if (does === "throttle") return throttled(service);
    if (does === "break") return broken(service);
    if (does === "conflict") return conflict();
    if (does === "hang") return "hang";
    if (does === "reset") return "cut";
    if (typeof does === "object") await does.until;
    const answer = await forward(this.#options.moto, wire);
    return does === "lose" ? "cut" : this.#unlessHidden(wanted, answer);
  }

  /** S3 tells that an object is absent only to those who may list its bucket: GetObject, "Permissions". */
  #unlessHidden(wanted: readonly Wanted[], answer: Answer): Answer {
    const read = wanted.find(({ action }) => action === "s3:GetObject");
    if (answer.status !== 404 || !read) return answer;
    // Whether S3 takes the key for s3:prefix here is not documented: so a condition on it is taken to fail.
    const list = { action: "s3:ListBucket", resource: read.resource.split("/")[0] ?? "" };
    const verdict = this.#decide(list);
    this.asked.push({ ...list, allowed: verdict.allowed, status: answer.status });
    return verdict.allowed ? answer : denied("s3", this.#sentence(list, verdict.why));
  }

  async #wantedBy(wire: Wire): Promise<Wanted[]> {
    const { region, keyOf = () => null, moto } = this.#options;
    const secretArn = (id: string) => secretArnOf(moto, region, id);
    const direct = await asksOf(wire, { account: this.#account, region, secretArn });
    return [...direct, ...direct.flatMap((ask) => impliedBy(ask, keyOf, region))];
  }

  #decide(ask: Wanted): Verdict {
    const { principal, region, policiesOf = () => [] } = this.#options;
    const context = {
      // The proxy stands where the TLS endpoint would.
      "aws:securetransport": "true",
      "s3:tlsversion": "1.3",
      "aws:principalarn": principal,
      "aws:principalaccount": this.#account,
      "aws:resourceaccount": this.#account,
      "kms:calleraccount": this.#account,
      "aws:requestedregion": region,
      ...ask.context,
    };
    // The policy of a bucket is about its objects too.
    const owner = ask.action.startsWith("s3:") ? (ask.resource.split("/")[0] ?? "") : ask.resource;
    return decide({ ...ask, principal, context }, this.policies, policiesOf(owner));
  }

  #sentence({ action, resource }: Wanted, why: string): string {
    const who = `User: ${this.#options.principal}`;
    return `${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  }
}

function meets(
  { action, resource = "*" }: Pick<Fault, "action" | "resource">,
  wanted: readonly Wanted[],
) {
  return wanted.some((ask) => fits(action, ask.action) && fits(resource, ask.resource));
}

/** Headers that are about one connection only. */
const HOP = ["connection", "keep-alive", "expect", "transfer-encoding"];

async function forward(moto: string, { method, target, headers, body }: Wire): Promise<Answer> {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.includes(name)));
  const outgoing = request(`${moto}${target}`, {
    method,
    agent: false,
    headers: { ...kept, "content-length": String(body.length) },
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const received = await wireOf(answer);
  const passed = Object.entries(received.headers).filter(([name]) => !HOP.includes(name));
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(passed),
    body: received.body,
  };
}

async function secretArnOf(moto: string, region: string, id: string): Promise<string | null> {
  const scope = `proxy/20261122/${region}/secretsmanager/aws4_request`;
  const answer = await fetch(moto, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}`,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.DescribeSecret",
    },
    body: JSON.stringify({ SecretId: id }),
  });
  const { ARN } = (await answer.json()) as { ARN?: string };
  return ARN ?? null;
}

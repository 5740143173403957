/**
 * Whether IAM allows a request, by AWS's documented evaluation within one account: a deny of any policy wins, else an
 * allow of a policy of the principal or of the resource is needed. It knows what the policies of Curfew use; anything
 * else in a policy is an error, so that nothing is let through for not being understood.
 */

type Values = string | readonly string[];
type Principal = "*" | Readonly<Record<string, Values>>;

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action: Values;
  Resource?: Values;
  Principal?: Principal;
  Condition?: Readonly<Record<string, Readonly<Record<string, Values>>>>;
}

export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: Statement | readonly Statement[];
}

/** A request: who wants to do what to which resource, and the condition keys that it has, by their names in lower case. */
export interface Ask {
  /** The ARN of a role, or a service such as `sns.amazonaws.com`. */
  principal: string;
  /** e.g. `s3:GetObject` */
  action: string;
  /** An ARN; `*` where the action knows none. */
  resource: string;
  context?: Readonly<Record<string, string>>;
}

/** `why`: the end of AWS's sentence where it is not allowed. */
export type Verdict = { allowed: true } | { allowed: false; why: string };

/**
 * `own`: policies of the principal; `resource`: those of the resource. A KMS key is different: policies of the principal
 * count only where the key's own policy leaves it to the account. Throws where a policy holds what it does not know.
 */
export function decide(
  ask: Ask,
  own: readonly PolicyDocument[],
  resource: readonly PolicyDocument[] = [],
): Verdict {
  const owns = statements(own).filter((s) => appliesTo(s, ask));
  const theirs = statements(resource).filter((s) => appliesTo(s, ask));
  const named = theirs.filter((s) => names(s.Principal, ask.principal));
  const account = theirs.filter((s) => names(s.Principal, accountOf(ask.principal)));
  const denies = (list: readonly Statement[]) => list.some((s) => s.Effect === "Deny");
  const allows = (list: readonly Statement[]) => list.some((s) => s.Effect === "Allow");
  if (denies(owns)) return refused("with an explicit deny in an identity-based policy");
  if (denies([...named, ...account]))
    return refused("with an explicit deny in a resource-based policy");
  const delegated = !ask.action.startsWith("kms:") || allows(account);
  if (allows(named) || (delegated && allows(owns))) return { allowed: true };
  if (!delegated)
    return refused(`because no resource-based policy allows the ${ask.action} action`);
  return refused(`because no identity-based policy allows the ${ask.action} action`);
}

/** All statements of some policies. */
export function statements(policies: readonly PolicyDocument[]): Statement[] {
  return policies.flatMap((policy) => [policy.Statement].flat() as Statement[]);
}

/** The policies without some of their statements. */
export function without(
  policies: readonly PolicyDocument[],
  drop: (statement: Statement) => boolean,
): PolicyDocument[] {
  return policies.map((policy) => ({
    ...policy,
    Statement: statements([policy]).filter((statement) => !drop(statement)),
  }));
}

/** Whether a text fits a pattern of IAM: `*` is any characters, `?` is one. */
export function fits(pattern: string, text: string): boolean {
  if (pattern.includes("${")) throw new Error(`Policy variables are not known here: ${pattern}`);
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const source = escaped.replaceAll("\\*", "[\\s\\S]*").replaceAll("\\?", "[\\s\\S]");
  return new RegExp(`^${source}$`).test(text);
}

const refused = (why: string): Verdict => ({ allowed: false, why });

const KNOWN = ["Sid", "Effect", "Action", "Resource", "Principal", "Condition"];

function appliesTo(statement: Statement, ask: Ask): boolean {
  const strange = Object.keys(statement).find((key) => !KNOWN.includes(key));
  if (strange !== undefined) throw new Error(`A statement's ${strange} is not known here.`);
  const { Action, Resource = "*", Condition = {} } = statement;
  const action = ask.action.toLowerCase();
  return (
    list(Action).some((pattern) => fits(pattern.toLowerCase(), action)) &&
    list(Resource).some((pattern) => fits(pattern, ask.resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(operator, list(wanted).map(String), ask.context?.[key.toLowerCase()]),
      ),
    )
  );
}

function names(principal: Principal | undefined, who: string): boolean {
  if (principal === "*") return true;
  return Object.values(principal ?? {})
    .flat()
    .some((name) => name === "*" || name === who);
}

function accountOf(principal: string): string {
  return `arn:aws:iam::${principal.split(":")[4]}:root`;
}

type Test = (wanted: string, value: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringLike: fits,
  ArnEquals: fits,
  ArnLike: fits,
  Bool: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  NumericEquals: (wanted, value) => Number(value) === Number(wanted),
  NumericLessThan: (wanted, value) => Number(value) < Number(wanted),
  NumericLessThanEquals: (wanted, value) => Number(value) <= Number(wanted),
  NumericGreaterThan: (wanted, value) => Number(value) > Number(wanted),
  NumericGreaterThanEquals: (wanted, value) => Number(value) >= Number(wanted),
};

/** A missing key fails a condition, but holds in a negated one and in one that ends with IfExists. */
function holds(operator: string, wanted: readonly string[], value: string | undefined): boolean {
  if (operator === "Null")
    return wanted.some((want) => (want === "true") === (value === undefined));
  const base = operator.replace(/IfExists$/, "");
  const negated = /^(String|Arn)Not/.test(base);
  const test = TESTS[negated ? base.replace("Not", "") : base];
  if (!test) throw new Error(`The condition operator ${operator} is not known here.`);
  if (value === undefined) return negated || base !== operator;
  return wanted.some((want) => test(want, value)) !== negated;
}

const list = (values: Values): readonly string[] =>
  typeof values === "string" ? [values] : values;

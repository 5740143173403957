import { describe, expect, test } from "vitest";
import { type Ask, decide, type PolicyDocument, type Statement } from "./iam.ts";

const ROLE = "arn:aws:iam::123456789012:role/curfew";
const OBJECT = "arn:aws:s3:::ledger/production/lease.json";
const GET: Ask = { principal: ROLE, action: "s3:GetObject", resource: OBJECT };

const policy = (...Statement: Statement[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement,
});
const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::ledger/*",
  ...more,
});
const allowed = (ask: Ask, own: PolicyDocument[], of: PolicyDocument[] = []) =>
  decide(ask, own, of).allowed;

test("nothing is allowed that no statement allows", () => {
  expect(decide(GET, [])).toEqual({
    allowed: false,
    why: "because no identity-based policy allows the s3:GetObject action",
  });
  expect(allowed(GET, [policy(allow())])).toBe(true);
  expect(allowed({ ...GET, action: "s3:PutObject" }, [policy(allow())])).toBe(false);
  expect(allowed({ ...GET, resource: "arn:aws:s3:::other/a" }, [policy(allow())])).toBe(false);
});

test.for<[string, Partial<Statement>, boolean]>([
  ["an action in any case", { Action: "S3:getobject" }, true],
  ["a list of actions", { Action: ["s3:PutObject", "s3:Get*"] }, true],
  ["a question mark for one character", { Action: "s3:Get?bject" }, true],
  ["a question mark for none", { Action: "s3:GetObject?" }, false],
  ["a dot that is no wildcard", { Resource: "arn:aws:s3:::ledger/production/lease?json" }, true],
  ["a resource in another case", { Resource: "arn:aws:s3:::LEDGER/*" }, false],
  ["the bucket without its objects", { Resource: "arn:aws:s3:::ledger" }, false],
])("a statement with %s: %s", ([, more, expected]) => {
  expect(allowed(GET, [policy(allow(more))])).toBe(expected);
});

test("a deny wins wherever it stands", () => {
  const deny = allow({ Effect: "Deny", Action: "s3:*" });
  expect(allowed(GET, [policy(allow()), policy(deny)])).toBe(false);
  const ofBucket = policy({ ...deny, Principal: "*" });
  expect(decide(GET, [policy(allow())], [ofBucket])).toEqual({
    allowed: false,
    why: "with an explicit deny in a resource-based policy",
  });
  const ofOthers = policy({ ...deny, Principal: { AWS: "arn:aws:iam::123456789012:role/ci" } });
  expect(allowed(GET, [policy(allow())], [ofOthers])).toBe(true);
});

test("a resource's policy allows whom it names", () => {
  const named = policy(allow({ Principal: { AWS: [ROLE] } }));
  expect(allowed(GET, [], [named])).toBe(true);
  expect(allowed({ ...GET, principal: `${ROLE}-2` }, [], [named])).toBe(false);
  expect(allowed(GET, [], [policy(allow({ Principal: { Service: "sns.amazonaws.com" } }))])).toBe(
    false,
  );
});

describe("a key's policy", () => {
  const ask: Ask = { principal: ROLE, action: "kms:Decrypt", resource: "arn:aws:kms:eu:1:key/k" };
  const own = policy(allow({ Action: "kms:Decrypt", Resource: "arn:aws:kms:eu:1:key/k" }));
  const root = policy(
    allow({
      Action: "kms:*",
      Resource: "*",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
    }),
  );
  test("must leave it to the account before a role's own policy counts", () => {
    expect(decide(ask, [own])).toEqual({
      allowed: false,
      why: "because no resource-based policy allows the kms:Decrypt action",
    });
    expect(allowed(ask, [own], [root])).toBe(true);
    expect(allowed(ask, [], [root])).toBe(false);
  });
});

test.for<[string, Record<string, string>, Record<string, string>, boolean]>([
  ["StringEquals", { "s3:prefix": "a/" }, { "s3:prefix": "a/" }, true],
  ["StringEquals", { "s3:prefix": "a/*" }, { "s3:prefix": "a/b" }, false],
  ["StringLike", { "s3:prefix": "a/*" }, { "s3:prefix": "a/b" }, true],
  ["StringLike", { "s3:prefix": "a/*" }, {}, false],
  ["StringLikeIfExists", { "s3:prefix": "a/*" }, {}, true],
  ["StringNotEquals", { "s3:prefix": "a" }, { "s3:prefix": "a" }, false],
  ["StringNotEquals", { "s3:prefix": "a" }, {}, true],
  ["Bool", { "aws:SecureTransport": "false" }, { "aws:securetransport": "true" }, false],
  ["Bool", { "aws:SecureTransport": "false" }, { "aws:securetransport": "false" }, true],
  ["NumericLessThan", { "s3:TlsVersion": "1.2" }, { "s3:tlsversion": "1.3" }, false],
  ["NumericGreaterThan", { "s3:days": "30" }, { "s3:days": "31" }, true],
  ["Null", { "s3:if-match": "false" }, { "s3:if-match": "x" }, true],
  ["Null", { "s3:if-match": "false" }, {}, false],
  ["ArnLike", { "aws:SourceArn": "arn:aws:s3:*:*:a" }, { "aws:sourcearn": "arn:aws:s3:::a" }, true],
])("the condition %s %j on %j: %s", ([operator, wanted, context, expected]) => {
  const statement = allow({ Condition: { [operator]: wanted } });
  expect(allowed({ ...GET, context }, [policy(statement)])).toBe(expected);
});

test.for<[string, object]>([
  ["operator", { Condition: { DateLessThan: { "aws:CurrentTime": "2026-11-22" } } }],
  ["operator", { Condition: { NumericNotEquals: { "s3:max-keys": "1" } } }],
  ["NotAction", { NotAction: "s3:*" }],
  ["variables", { Resource: "arn:aws:s3:::$" + "{aws:username}" }],
])("what it does not know is an error: %s", ([word, more]) => {
  const statement = { ...allow(), ...more } as Statement;
  expect(() => decide(GET, [policy(statement)])).toThrow(word);
});

import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { isS3, parseS3Place, s3Name } from "../../../../src/ledger/store/s3/place.ts";

describe("the name of a ledger in S3", () => {
  it.each([
    ["s3://acme-ledger/curfew", "acme-ledger", "curfew"],
    ["s3://acme-ledger/team/curfew/", "acme-ledger", "team/curfew"],
    ["s3://acme.ledger", "acme.ledger", ""],
    ["s3://acme/", "acme", ""],
    [`s3://${"b".repeat(63)}/${"p".repeat(256)}`, "b".repeat(63), "p".repeat(256)],
  ])("%s is a bucket and a prefix", (name, bucket, prefix) => {
    expect(parseS3Place(name)).toEqual({ bucket, prefix });
    expect(s3Name({ bucket, prefix })).toBe(name.replace(/\/$/, ""));
    expect(isS3(name)).toBe(true);
  });

  it.each([
    ["s3:///curfew", '"" is no name of a bucket'],
    ["s3://ab/x", '"ab" is no name'],
    [`s3://${"b".repeat(64)}/x`, "is no name"],
    ["s3://Acme/x", '"Acme" is no name'],
    ["s3://acme_ledger/x", "is no name"],
    ["s3://-acme/x", "is no name"],
    ["s3://acme-/x", "is no name"],
    ["s3://ac..me/x", "is no name"],
    ["s3://192.168.5.4/x", "is no name"],
    ["s3://key:secret@acme/x", "is no name"],
    ["s3://acme//x", '"/x" is no prefix'],
    ["s3://acme/x//", '"x/" is no prefix'],
    ["s3://acme/../x", "is no prefix"],
    ["s3://acme/.x", "is no prefix"],
    ["s3://acme/x?y=1", "is no prefix"],
    [`s3://acme/${"p".repeat(257)}`, "is no prefix"],
    ["S3://acme/x", "does not begin with s3://"],
  ])("%s is refused, and the sentence shows the form", (name, why) => {
    expect(() => parseS3Place(name)).toThrow(UsageError);
    expect(() => parseS3Place(name)).toThrow(why);
    expect(() => parseS3Place(name)).toThrow(": write s3://bucket/prefix.");
  });

  it("is told from a folder's", () => {
    for (const folder of [".curfew", "/var/s3", "s3", "s3/x", "./s3://x"])
      expect(isS3(folder)).toBe(false);
    expect(isS3("S3://acme/x")).toBe(true);
  });
});

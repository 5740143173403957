/** For how long the objects of the audit log are locked: the bucket says so by a tag (docs/decisions/0008-ledger-in-s3.md). */
import type { S3Client } from "@aws-sdk/client-s3";
import { UsageError } from "../../../errors.ts";
import type { Duration } from "../../../model/vocabulary.ts";
import { DAY } from "../../../time.ts";
import { answerOf } from "./failure.ts";
import { type S3Place, s3Name } from "./place.ts";

/** COMPLIANCE binds everybody; GOVERNANCE all but who has s3:BypassGovernanceRetention. */
export interface Retention {
  mode: "GOVERNANCE" | "COMPLIANCE";
  lasts: Duration;
}

/** The tag of the bucket, e.g. `COMPLIANCE 365`: the mode and the days. */
export const RETAIN_TAG = "curfew:retain";

/** What S3 takes at most: 100 years. */
const MOST_DAYS = 36_500;

/** Reads the tag; null where there is none. Throws UsageError where it says something else, and what the SDK throws. */
export async function retentionOf(
  sdk: typeof import("@aws-sdk/client-s3"),
  client: S3Client,
  place: S3Place,
  abortSignal: AbortSignal,
): Promise<Retention | null> {
  const tag = await tagOf();
  return tag === null ? null : parse(place, tag);

  async function tagOf(): Promise<string | null> {
    try {
      const command = new sdk.GetBucketTaggingCommand({ Bucket: place.bucket });
      const { TagSet } = await client.send(command, { abortSignal });
      const tag = TagSet?.find(({ Key }) => Key === RETAIN_TAG);
      return tag === undefined ? null : (tag.Value ?? "");
    } catch (error) {
      if (answerOf(error).name === "NoSuchTagSet") return null;
      throw error;
    }
  }
}

function parse(place: S3Place, text: string): Retention {
  const [, mode, digits] = /^(GOVERNANCE|COMPLIANCE) (\d{1,5})$/.exec(text) ?? [];
  const days = Number(digits);
  if ((mode !== "GOVERNANCE" && mode !== "COMPLIANCE") || days < 1 || days > MOST_DAYS) {
    throw new UsageError(
      `The ledger in ${s3Name(place)} can't be used; the bucket's tag ${RETAIN_TAG} says ${JSON.stringify(text)}: write GOVERNANCE or COMPLIANCE and a number of days, such as "COMPLIANCE 365".`,
    );
  }
  return { mode, lasts: days * DAY };
}

/** Where a ledger in S3 is, as people write it. */
import { UsageError } from "../../../errors.ts";
import { isKey } from "../contract.ts";

/** A bucket, and what all keys in it begin with; the prefix is empty or segments joined by `/`. */
export interface S3Place {
  bucket: string;
  prefix: string;
}

const SCHEME = "s3://";
/** A key of S3 has 1,024 bytes at most, one of a store 512. */
const LONGEST_PREFIX = 256;

/** Whether a ledger's name means S3 rather than a folder. */
export function isS3(name: string): boolean {
  return name.toLowerCase().startsWith(SCHEME);
}

/** Reads `s3://bucket` or `s3://bucket/prefix`; a slash at the end is left out. Throws UsageError. */
export function parseS3Place(name: string): S3Place {
  if (!name.startsWith(SCHEME)) throw wrong(name, "does not begin with s3://");
  const [bucket = "", ...rest] = name.slice(SCHEME.length).replace(/\/$/, "").split("/");
  const prefix = rest.join("/");
  if (!isBucket(bucket)) {
    throw wrong(
      name,
      `${JSON.stringify(bucket)} is no name of a bucket (3 to 63 lower-case letters, digits, dots and hyphens)`,
    );
  }
  if (rest.length > 0 && (!isKey(prefix) || prefix.length > LONGEST_PREFIX)) {
    throw wrong(
      name,
      `${JSON.stringify(prefix)} is no prefix (segments of letters, digits, ".", "_" and "-", joined by "/", ${LONGEST_PREFIX} characters at most)`,
    );
  }
  return { bucket, prefix };
}

/** `s3://bucket/prefix`, without a slash at the end. */
export function s3Name({ bucket, prefix }: S3Place): string {
  return prefix === "" ? `${SCHEME}${bucket}` : `${SCHEME}${bucket}/${prefix}`;
}

/** Amazon S3 User Guide, "General purpose bucket naming rules": no two dots side by side, no IP address. */
function isBucket(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  );
}

function wrong(name: string, why: string): UsageError {
  return new UsageError(
    `The ledger ${JSON.stringify(name)} can't be used; ${why}: write s3://bucket/prefix.`,
  );
}

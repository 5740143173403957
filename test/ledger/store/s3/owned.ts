/** S3 and STS of this machine, which ask whose a bucket is; the emulator does not. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { RETAIN_TAG } from "../../../../src/ledger/store/s3/retention.ts";

/** A request, as it came. */
interface Seen {
  line: string;
  /** Whose the bucket shall be, as the request says. */
  expected: string | undefined;
}

export interface Owned {
  readonly url: string;
  /** What came to the bucket, in order. */
  readonly seen: Seen[];
  /** What was read or written, in order. */
  readonly served: string[];
  /** How often STS was asked. */
  asked(): number;
  /** The bucket's owner. */
  owner: string;
  /** How STS answers; an account is told. */
  sts: { status: number; body: string };
}

const REFUSED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
const LIST =
  "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
const TAGS = `<Tagging><TagSet><Tag><Key>${RETAIN_TAG}</Key><Value>GOVERNANCE 1</Value></Tag></TagSet></Tagging>`;

/** What STS says to who asks for the caller's identity. */
export function identity(account: string): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
}

/** Both on one port, as behind AWS_ENDPOINT_URL; ends with the test. `own`: the account of whoever asks. */
export async function startOwned(own: string, owner: string): Promise<Owned> {
  const [seen, served]: [Seen[], string[]] = [[], []];
  let asked = 0;
  const server = createServer((request, answer) => {
    const line = `${request.method} ${request.url}`;
    request.resume();
    if (line === "POST /") {
      asked++;
      return answer.writeHead(owned.sts.status).end(owned.sts.body);
    }
    const expected = request.headers["x-amz-expected-bucket-owner"]?.toString();
    const isSigned = request.headers.authorization?.includes("x-amz-expected-bucket-owner");
    seen.push({ line, expected });
    // Without the header S3 asks nobody.
    if (expected !== undefined && (!isSigned || expected !== owned.owner))
      return answer.writeHead(403).end(REFUSED);
    served.push(line);
    const body = line.includes("list-type") ? LIST : line.includes("?tagging") ? TAGS : "{}";
    answer.writeHead(200, { etag: '"1"' }).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  const sts = { status: 200, body: identity(own) };
  const owned = { url: `http://127.0.0.1:${port}`, seen, served, asked: () => asked, owner, sts };
  return owned;
}

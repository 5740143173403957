/** Where the scheduled runs put their reports and the newest inventory: `s3://bucket/prefix`. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { parseS3Place } from "../ledger/store/s3/place.ts";
import { awsAgents } from "../proxy.ts";
import { refused } from "../secrets/refused.ts";

/** A text, or a file of this machine. */
export type ShelfContent = { text: string } | { file: string };

export interface Shelf {
  /** Puts an object under the shelf's prefix. Throws UsageError where S3 does not take it. */
  put(name: string, type: string, content: ShelfContent): Promise<void>;
}

/** Opens a shelf; the SDK is loaded when something is put. Throws UsageError for what is no `s3://bucket/prefix`. */
export function openShelf(place: string): Shelf {
  const { bucket, prefix } = parseS3Place(place);
  return {
    async put(name, type, content) {
      const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
      const client = new S3Client({
        forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL),
        requestHandler: awsAgents(),
      });
      const body =
        "text" in content
          ? { Body: content.text }
          : {
              Body: createReadStream(content.file),
              ContentLength: (await stat(content.file)).size,
            };
      const key = prefix === "" ? name : `${prefix}/${name}`;
      const object = { Bucket: bucket, Key: key, ContentType: type, ...body };
      try {
        await client.send(new PutObjectCommand(object));
      } catch (error) {
        throw refused(`the report can't be put to s3://${bucket}/${key}`, "s3:PutObject", error);
      } finally {
        client.destroy();
      }
    },
  };
}

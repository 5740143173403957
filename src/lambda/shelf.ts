/** Where the scheduled runs put their reports and the newest inventory: `s3://bucket/prefix`. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Bucket, type BucketOptions } from "../ledger/store/s3/bucket.ts";
import { parseS3Place } from "../ledger/store/s3/place.ts";

/** A text, or a file of this machine. */
export type ShelfContent = { text: string } | { file: string };

export interface Shelf {
  /** Puts an object under the shelf's prefix. Throws UsageError where S3 does not take it. */
  put(name: string, type: string, content: ShelfContent): Promise<void>;
}

/**
 * Opens a shelf; the SDK is loaded when something is put. Throws UsageError for what is no `s3://bucket/prefix`, and
 * where CURFEW_ACCOUNTS makes no sense.
 */
export function openShelf(name: string, options: BucketOptions): Shelf {
  const place = parseS3Place(name);
  const shelf = new Bucket("The place of reports", place, options);
  return {
    async put(name, type, content) {
      const { sdk, client } = await shelf.open();
      const body =
        "text" in content
          ? { Body: content.text }
          : {
              Body: createReadStream(content.file),
              ContentLength: (await stat(content.file)).size,
            };
      const object = place.prefix === "" ? name : `${place.prefix}/${name}`;
      const command = { Bucket: place.bucket, Key: object, ContentType: type, ...body };
      try {
        await client.send(new sdk.PutObjectCommand(command));
      } catch (error) {
        throw shelf.failure({ action: "s3:PutObject", object }, error);
      }
    },
  };
}

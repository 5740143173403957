/** `aws s3 cp s3://BUCKET/KEY FILE`, from the folder FAKE_S3. */
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { recorded } from "./record.ts";

const [from = "", to = ""] = recorded("aws").filter((arg) => arg.includes("/"));
const object = join(process.env.FAKE_S3 ?? "", from.replace(/^s3:\/\//, ""));
if (!existsSync(object)) {
  process.stderr.write("fatal error: An error occurred (404) when calling the HeadObject\n");
  process.exit(1);
}
copyFileSync(object, to);

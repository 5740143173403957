/** Any other program. Pulumi prints the text of PRINTS and ends with the code of ENDS; others print nothing. */
import { basename } from "node:path";
import { recorded } from "./record.ts";

const program = basename(process.env.PROGRAM ?? "");
recorded(program);
if (program === "pulumi") {
  process.stdout.write(process.env.PRINTS ?? "");
  process.exitCode = Number(process.env.ENDS ?? 0);
}

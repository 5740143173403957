/** The text of one policy that stands in no file yet → the policy. Pure. */
import { PolicyError } from "../errors.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { canOf } from "./can.ts";
import { checkPolicy } from "./checks.ts";
import { complete } from "./complete.ts";
import { join } from "./join.ts";
import { parsePolicy } from "./parse/parse.ts";

/** `file` is what places are called by. Includes are not followed. Throws PolicyError with every problem. */
export function policyOfText(file: string, text: string, at: Instant): Policy {
  const { policy, sections, damaged, problems } = parsePolicy(file, text);
  const { joined, problems: repeated } = join(sections ? [sections] : []);
  const all = [...problems, ...repeated, ...checkPolicy(joined, at, damaged, canOf(policy))];
  if (!policy || all.length > 0) throw new PolicyError(all);
  return complete(policy, joined, [file], null);
}

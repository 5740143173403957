/** What Pulumi runs: see Pulumi.yaml. An error that a user can cause is a sentence, without a stack. */
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { CurfewError } from "../src/errors.ts";
import { deploy } from "./stack.ts";

export default async function program() {
  const root = path.resolve(import.meta.dirname, "..");
  try {
    const build = path.join(root, "dist", "aws");
    return await deploy({ root, build, config: pulumi.runtime.allConfig() });
  } catch (error) {
    throw error instanceof CurfewError ? new pulumi.RunError(error.message) : error;
  }
}

/** Tests that run the workflows' scripts: they need programs that not every machine has. */
import { test as base } from "vitest";
import { isSkipped, NEEDS } from "../kit/needs.ts";

const skipped = isSkipped(NEEDS.workflows);

export const test: typeof base.skip = skipped ? base.skip : base;

if (skipped) test(`skipped: ${NEEDS.workflows.remedy}`, () => {});

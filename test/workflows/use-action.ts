/** A step of a workflow that uses the composite action: what action.yml says of it, with the step's inputs. */
import { action, type Step } from "./read.ts";
import { type RanJob, type Runner, runSteps } from "./stage.ts";

/** Runs it. `known`: what GitHub puts in place of expressions; `hub`: the address of the small GitHub. */
export function useAction(
  runner: Runner,
  step: Step,
  known: Record<string, string>,
  hub: string,
): Promise<RanJob> {
  const value = (text: unknown) =>
    String(text).replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, name: string) => {
      if (known[name] === undefined) throw new Error(`the test does not say what ${name} is`);
      return known[name];
    });
  const { inputs, runs } = action();
  const given = Object.entries(inputs).map(([name, { default: other = "" }]) => [
    `inputs.${name}`,
    value(step.with?.[name] ?? other),
  ]);
  const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, value(text)]);
  return runSteps(runner, runs.steps, {
    expressions: { ...known, ...Object.fromEntries(given) },
    env: { ...Object.fromEntries(own), FAKE_GITHUB: hub },
  });
}

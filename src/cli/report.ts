/** How the commands about plans tell what they found: in the format that was asked for, and saved as JSON. */
import { RENDERERS, rendererOf } from "../report/formats.ts";
import type { Renderer, RenderOptions } from "../report/renderer.ts";
import type { Missing } from "../report/told/missing.ts";
import type { Io } from "./io.ts";
import { print, renderOptions, type TargetOptions } from "./options.ts";
import { save } from "./save.ts";

interface ReportOptions extends TargetOptions {
  /** Where to save it as JSON, too. */
  out?: string;
}

/** The targets that a report is about. */
interface Targets {
  several: boolean;
  /** How many worked. */
  told: number;
  missing: readonly Missing[];
}

/** Prints a report, which is `what`, and saves it where that was asked for. */
export async function report(
  what: string,
  tell: (renderer: Renderer, how: RenderOptions) => string,
  options: ReportOptions,
  of: Targets,
  io: Io,
): Promise<void> {
  const how = { ...renderOptions(options, of.several, io), missing: of.missing, told: of.told };
  // Of targets of which none worked there is nothing to save.
  const nothing = of.told === 0;
  if (options.out !== undefined && !nothing)
    await save(what, options.out, tell(RENDERERS.json, how), io);
  print(options.format, tell(await rendererOf(options.format), how), io);
}

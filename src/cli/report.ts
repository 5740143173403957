/** How the commands about plans tell what they found: in the format that was asked for, and saved as JSON. */
import { RENDERERS, rendererOf } from "../report/formats.ts";
import type { Renderer, RenderOptions } from "../report/renderer.ts";
import type { Io } from "./io.ts";
import { print, renderOptions, type TargetOptions } from "./options.ts";
import { save } from "./save.ts";

interface ReportOptions extends TargetOptions {
  /** Where to save it as JSON, too. */
  out?: string;
}

/** Prints a report, which is `what`, and saves it where that was asked for. */
export async function report(
  what: string,
  tell: (renderer: Renderer, how: RenderOptions) => string,
  options: ReportOptions,
  several: boolean,
  io: Io,
): Promise<void> {
  const how = renderOptions(options, several, io);
  if (options.out !== undefined) await save(what, options.out, tell(RENDERERS.json, how), io);
  print(options.format, tell(await rendererOf(options.format), how), io);
}

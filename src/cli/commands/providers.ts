/** `curfew providers`: what each backend can do and tell, and the rights that it needs. */
import { Command } from "commander";
import { CATALOG } from "../../providers/catalog.ts";
import { providersText } from "../../report/text/providers.ts";
import { type Door, formatOption } from "../options.ts";

export function providersCommand({ io }: Door): Command {
  return new Command("providers")
    .description("tell what each backend can do, what it tells, and the rights that it needs")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", "\nExample:\n  curfew providers --format json")
    .action(({ format }: { format: string }) => {
      const table = { format: "curfew/providers/1", providers: CATALOG };
      io.out(format === "json" ? `${JSON.stringify(table, null, 2)}\n` : providersText(CATALOG));
    });
}

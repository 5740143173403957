/** Platforms and versions of active sessions against what the policy allows. */
import type { DeviceCount, Devices } from "../../estate/facts.ts";
import type { AllowedDevice } from "../../model/policy.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, number } from "../../text/words.ts";
import type { Finder } from "../told/links.ts";
import { type Chart, INK } from "./chart.ts";
import { html, type Markup, sourceMarkup } from "./markup.ts";
import { rows } from "./plot.ts";

/** So many rows are drawn; all are in the table. */
const MOST_DRAWN = 12;
const ROW = 24;

type DeviceLine = Pick<DeviceCount, "allowed" | "refused"> & { name: string };

export function devicesChart(id: string, devices: Devices, find: Finder): Chart {
  const { counts: all, others, version, allowed } = devices;
  const lines = all.map((one): DeviceLine => ({ ...one, name: nameOf(one) }));
  const rest = { ...others, name: "others" };
  const listed = sizeOf(rest) > 0 ? [...lines, rest] : lines;
  const drawn = drawnOf(lines.length > MOST_DRAWN ? grouped(all) : lines, rest);
  const refused = listed.reduce((n, line) => n + line.refused, 0);
  const verdict =
    allowed === null
      ? "The policy allows any device."
      : refused === 0
        ? "All are allowed."
        : `${count(refused, "session is", "sessions are")} on a device that is not allowed.`;
  return {
    id: `${id}-devices`,
    title: "Platforms and versions",
    summary: `Active sessions by platform and version of the ${version}. ${verdict}`,
    height: Math.max(230, ROW * drawn.length + 34),
    legend: [
      ["allowed", INK.good],
      ["not allowed", INK.past],
    ],
    draw: (size) =>
      rows(size, {
        series: [
          { colour: INK.good, values: drawn.map((line) => line.allowed) },
          { colour: INK.past, values: drawn.map((line) => line.refused) },
        ],
        names: drawn.map(({ name }) => clip(name, size.narrow ? 18 : 28)),
        totals: drawn.map((line) => number(sizeOf(line))),
        steps: size.narrow ? 3 : 5,
      }),
    more: allowList(allowed, find),
    table: {
      head: ["Platform and version", "Allowed", "Not allowed"],
      rows: listed.map((line) => [line.name, number(line.allowed), number(line.refused)]),
    },
  };
}

const sizeOf = ({ allowed, refused }: Pick<DeviceLine, "allowed" | "refused">) => allowed + refused;

/** Versions that differ in more than the major number, in one line: policies tell them apart by ranges. */
function grouped(all: readonly DeviceCount[]): DeviceLine[] {
  // A platform of which nothing is allowed is one line, whatever its versions.
  const some = new Set(all.filter(({ allowed }) => allowed > 0).map(({ platform }) => platform));
  const groups = Map.groupBy(all, (one) =>
    some.has(one.platform)
      ? nameOf({ ...one, version: majorOf(one.version) })
      : printable(`${one.platform ?? "unknown"} (all versions)`),
  );
  return [...groups].map(([name, of]) => together(name, of));
}

function majorOf(version: string | null): string | null {
  const [major] = /^\d+(?=\.)/.exec(version ?? "") ?? [];
  return major === undefined ? version : `${major}.x`;
}

/**
 * Those with sessions that are not allowed, then the most frequent, in the order of the table; the rest, and what was not
 * told apart, in one line.
 */
function drawnOf(lines: readonly DeviceLine[], untold: DeviceLine): DeviceLine[] {
  const frequent = [...lines]
    .sort((a, b) => b.refused - a.refused || sizeOf(b) - sizeOf(a))
    .slice(0, MOST_DRAWN - 1);
  const shown = new Set(lines.length <= MOST_DRAWN ? lines : frequent);
  const rest = [...lines.filter((line) => !shown.has(line)), untold];
  const others = together("others", rest);
  return [...lines.filter((line) => shown.has(line)), ...(sizeOf(others) > 0 ? [others] : [])];
}

function together(
  name: string,
  of: readonly Pick<DeviceLine, "allowed" | "refused">[],
): DeviceLine {
  return {
    name,
    allowed: of.reduce((n, { allowed }) => n + allowed, 0),
    refused: of.reduce((n, { refused }) => n + refused, 0),
  };
}

function nameOf({ platform, version }: Pick<DeviceCount, "platform" | "version">): string {
  return printable(`${platform ?? "unknown"} ${version ?? "(no version)"}`);
}

function allowList(allowed: readonly AllowedDevice[] | null, find: Finder): Markup {
  if (allowed === null) return html``;
  if (allowed.length === 0) return html`<p class="limits">The policy allows no device at all.</p>`;
  const item = (entry: AllowedDevice) =>
    html`<li>${termsOf(entry)} ${sourceMarkup(entry.source.file, entry.source.line, find)}</li>`;
  return html`<ul class="limits"><li class="lead">Allowed:</li>${allowed.slice(0, 20).map(item)}${allowed.length > 20 ? html`<li>and ${number(allowed.length - 20)} more</li>` : null}</ul>`;
}

function termsOf({ platform, container, runtime, bundleId, id, label }: AllowedDevice): Markup {
  const terms = [
    ["", platform],
    ["container ", container],
    ["runtime ", runtime],
    ["bundle ", bundleId],
    ["device ", id],
    ["label ", label],
  ].filter(([, value]) => value !== undefined);
  return html`<b>${terms.map(([word, value]) => `${word}${clip(value ?? "", 60)}`).join(", ")}</b>`;
}

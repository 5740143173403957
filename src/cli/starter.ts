/** The files of a starter: templates as they lie in `templates/`, and the JSON Schemas of this version. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fragmentJsonSchema, policyJsonSchema } from "../policy/schema/jsonschema.ts";
import { testsJsonSchema } from "../policy-tests/jsonschema.ts";
import type { ProviderName } from "../providers/catalog.ts";

export interface StarterFile {
  /** Relative to the folder of the starter, with slashes. */
  path: string;
  text: string;
}

/** What the starter of each provider has of its own, template → where it goes, and the name of its secret. */
const OWN = {
  journeyapps: {
    secret: "JOURNEYAPPS_TOKEN",
    files: {
      "policies/production.yaml": "policies/production.yaml",
      "policies/tests/production.yaml": "policies/tests/production.yaml",
    },
  },
  slingr: {
    secret: "SLINGR",
    files: {
      "policies/slingr.yaml": "policies/production.yaml",
      "policies/tests/slingr.yaml": "policies/tests/production.yaml",
      "slingr/curfew.js": "slingr/curfew.js",
    },
  },
  corporateacademy: {
    secret: "ACADEMY_REGISTER",
    files: {
      "policies/corporateacademy.yaml": "policies/production.yaml",
      "policies/tests/corporateacademy.yaml": "policies/tests/production.yaml",
    },
  },
} as const satisfies Record<ProviderName, { secret: string; files: Record<string, string> }>;

/** The providers that have a starter. */
export const STARTERS = Object.keys(OWN) as ProviderName[];

/** The environment variable by which the starter of a provider names its secret. */
export function secretOf(provider: ProviderName): string {
  return OWN[provider].secret;
}

/** Template → where it goes. In a package, names that begin with a dot would be left out. */
const TEMPLATES = {
  "github/CODEOWNERS": ".github/CODEOWNERS",
  "github/workflows/policy.yml": ".github/workflows/policy.yml",
  "github/workflows/drift.yml": ".github/workflows/drift.yml",
  gitignore: ".gitignore",
};

const SCHEMAS = {
  "schema/policy.schema.json": policyJsonSchema,
  "schema/fragment.schema.json": fragmentJsonSchema,
  "schema/policy-tests.schema.json": testsJsonSchema,
};

/** Beside the bundle in a package, at the top of a checkout. */
function templates(): URL {
  const beside = new URL("templates/", import.meta.url);
  return existsSync(beside) ? beside : new URL("../../templates/", import.meta.url);
}

/** `action`: what the workflows use, as `owner/repository@version`; `credentials`: the names of the secrets that they hand on. */
export async function starter(
  provider: ProviderName,
  action: string,
  credentials: readonly string[],
): Promise<StarterFile[]> {
  const folder = templates();
  const files = Object.entries({ ...OWN[provider].files, ...TEMPLATES }).map(
    async ([name, path]) => {
      const text = await readFile(new URL(name, folder), "utf8");
      return { path, text: named(text, action, credentials) };
    },
  );
  const schemas = Object.entries(SCHEMAS).map(([path, schema]) => ({
    path,
    text: `${JSON.stringify(schema(), null, 2)}\n`,
  }));
  return [...(await Promise.all(files)), ...schemas];
}

/** A line of a template that names the credential stands once for each. */
function named(text: string, action: string, credentials: readonly string[]): string {
  const lines = text.replaceAll("CURFEW_ACTION", action).split("\n");
  const told = (line: string) => {
    if (/^\s*#/.test(line)) return [line.replace("CREDENTIAL", credentials.join(", "))];
    return credentials.map((name) => line.replaceAll("CREDENTIAL", name));
  };
  return lines.flatMap((line) => (/\bCREDENTIAL\b/.test(line) ? told(line) : [line])).join("\n");
}

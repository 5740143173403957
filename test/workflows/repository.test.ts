/** What GitHub and editors read beside the workflows: the forms of issues, Dependabot, the version of Node. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import pkg from "../../package.json" with { type: "json" };
import { ROOT, textOf } from "./read.ts";

const FORMS = ".github/ISSUE_TEMPLATE";
const HOME = pkg.homepage.replace("#readme", "");

interface Field {
  type: string;
  id?: string;
  attributes: { label?: string; value?: string };
}

test(".node-version is the Node that comes with the packages", () => {
  expect(textOf(".node-version").trim()).toBe(pkg.devDependencies.node);
});

describe("issues", () => {
  const forms = readdirSync(join(ROOT, FORMS)).filter((name) => name !== "config.yml");

  test("there is a form for a bug and one for a feature, and nothing without a form", () => {
    expect(forms.sort()).toEqual(["bug.yml", "feature.yml"]);
    expect(parse(textOf(`${FORMS}/config.yml`)).blank_issues_enabled).toBe(false);
  });

  test.each(forms)("%s is a form as GitHub takes it", (name) => {
    const form = parse(textOf(`${FORMS}/${name}`));
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    const body: Field[] = form.body;
    for (const { type, id, attributes } of body) {
      if (type === "markdown") expect(attributes.value).toBeTruthy();
      else {
        expect(["input", "textarea"]).toContain(type);
        expect([id, attributes.label]).toEqual([expect.any(String), expect.any(String)]);
      }
    }
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("what is no issue leads to a file that is there, a hole to SECURITY.md", () => {
    const links: { url: string }[] = parse(textOf(`${FORMS}/config.yml`)).contact_links;
    const files = links.map(({ url }) => url.replace(`${HOME}/blob/main/`, ""));
    expect(files[0]).toBe("SECURITY.md");
    for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});

test("Dependabot looks at the packages, and at every folder that pins actions, in groups", () => {
  const { version, updates } = parse(textOf(".github/dependabot.yml"));
  expect(version).toBe(2);
  const looked = updates.map((one: Record<string, unknown>) => [
    one["package-ecosystem"],
    one.directories ?? [one.directory],
  ]);
  expect(looked).toEqual([
    ["npm", ["/"]],
    ["github-actions", ["/", "/templates/github/workflows"]],
  ]);
  for (const { groups, schedule } of updates) {
    expect(schedule).toEqual({ interval: "weekly" });
    expect(Object.keys(groups)).toHaveLength(1);
  }
  expect(existsSync(join(ROOT, "templates/github/workflows/policy.yml"))).toBe(true);
});

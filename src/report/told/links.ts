/** Links from a reason to the line of policy that it comes from. */
import type { Plan } from "../../model/plan.ts";

/** Where the policies are kept: what stands before and after the commit in the address of a file. */
export interface Repository {
  /** E.g. `https://github.com/acme/policies/blob/`. */
  files: string;
}

/** The repository that a CI runner works for (GitHub, GitLab); null where none is known. */
export function repositoryOf(env: Readonly<Record<string, string | undefined>>): Repository | null {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, CI_PROJECT_URL } = env;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY) {
    return webAddress(`${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/`);
  }
  return CI_PROJECT_URL ? webAddress(`${CI_PROJECT_URL}/-/blob/`) : null;
}

/** Only an address of the web, and without the credentials that one may hold. */
function webAddress(files: string): Repository | null {
  if (!URL.canParse(files)) return null;
  const url = new URL(files);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return { files: url.origin + url.pathname };
}

/** Finds the address of a line of policy; null where the commit or the repository is unknown, or the file is not in it. */
export type Finder = (file: string, line: number) => string | null;

/** What links rest on; `folder` leads from the repository's top to where file names start from. */
export interface LinkBase {
  repository?: Repository | null;
  folder?: string;
}

export function finder(
  { policy }: { policy: Pick<Plan["policy"], "commit"> },
  { repository = null, folder = "" }: LinkBase,
): Finder {
  const { commit } = policy;
  if (repository === null || commit === null || !/^[0-9a-f]{7,64}$/.test(commit)) return () => null;
  return (file, line) => {
    const parts = file
      .replaceAll("\\", "/")
      .replace(/^(?:\.\/)+/, "")
      .split("/");
    if (parts[0] === "" || parts.includes("..") || /^[a-z]:$/i.test(parts[0] ?? "")) return null;
    const way = [...folder.split("/").filter(Boolean), ...parts];
    return `${repository.files}${commit}/${way.map(encodeURIComponent).join("/")}#L${line}`;
  };
}

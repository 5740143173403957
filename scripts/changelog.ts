/** What a changelog says of a release. */

/** The section of a version, without its heading. Throws where the tag is not the version, or there is nothing to say. */
export function releaseNotes(
  changelog: string,
  { tag, version }: { tag: string; version: string },
): string {
  if (tag !== `v${version}`)
    throw new Error(`the tag is ${tag || "absent"}, and package.json has version ${version}`);
  const sections = changelog.split(/^## /m).slice(1);
  const own = sections.find((section) => section.startsWith(`[${version}] - `));
  // The list of addresses at the end belongs to no section.
  const notes = own
    ?.slice(own.indexOf("\n"))
    .replace(/^\[[^\]]+\]: .*$/gm, "")
    .trim();
  if (!notes) throw new Error(`CHANGELOG.md says nothing of [${version}] with its date`);
  return `${notes}\n`;
}

/** What a backend's own settings say of rules that it holds itself: Curfew tells where those differ, and can't close it. */
import type { Duration } from "./vocabulary.ts";

/** How long a session of a group's users lives without use. */
export interface GroupIdle {
  group: string;
  /** What people call the group; null where that is not told. */
  label: string | null;
  /** null: the settings say nothing. */
  idle: Duration | null;
}

/** The settings as they were found. */
export interface OwnSettings {
  groups: GroupIdle[];
  /** What could not be read, as sentences. */
  faults: string[];
}

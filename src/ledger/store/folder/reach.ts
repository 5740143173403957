/** Who besides this user may reach a folder, by its owner and its mode. Pure: the folder is looked at elsewhere. */

/** Who owns a file, and its permission bits: of `stat`. */
interface FolderRights {
  uid: number;
  gid: number;
  mode: number;
}

/** What is wrong, as the end of a sentence; `refuse`: the folder can't be trusted, `warn`: it can, and shows too much. */
export type Reach = { refuse: string } | { warn: string } | null;

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const ANY_OTHERS = 0o077;

/**
 * Whoever writes a ledger can make a foreign lock ours, which the next run lifts, and forget what limits count. So a
 * folder that others own or write is refused; root may write everywhere anyway. Who reads it learns who is locked and
 * why, but changes nothing: a warning. With the umask 002 that many distributions and CI images give, every folder is
 * writable by its maker's own group, in which mostly nobody else is: our primary group is warned of, not refused.
 */
export function reachOf(folder: FolderRights, us: { uid: number; gid: number }): Reach {
  const { uid, gid, mode } = folder;
  if (uid !== us.uid && uid !== 0) {
    return {
      refuse: `it belongs to another user of this machine (uid ${uid}), who may change it: run as that user, or name another folder with --ledger`,
    };
  }
  if (mode & OTHERS_WRITE || (mode & GROUP_WRITES && gid !== us.gid)) {
    return {
      refuse:
        "other users of this machine may write to it: take that from them with chmod go-rwx, or name another folder with --ledger",
    };
  }
  if ((mode & ANY_OTHERS) === 0) return null;
  const may = mode & GROUP_WRITES ? "its group may read and write it" : "other users may read it";
  return { warn: `${may}: take that from them with chmod go-rwx` };
}

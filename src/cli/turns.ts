/** What is done at once is told one after the other, as if it had been done so. */
import type { Io } from "./io.ts";

interface Turn {
  /** What is told here waits until the turns before have ended. */
  io: Io;
  end(): void;
}

/** The turns of so many; where not `several` are at work at once, nothing has to wait. */
export function inTurns(io: Io, of: number, several: boolean): (n: number) => Turn {
  if (!several) return () => ({ io, end() {} });
  const waiting: (() => void)[][] = Array.from({ length: of }, () => []);
  const ended = new Set<number>();
  let now = 0;
  const goOn = () => {
    for (const say of waiting[now]?.splice(0) ?? []) say();
  };
  return (n) => {
    const inTurn = (say: (text: string) => void) => (text: string) => {
      if (n === now) say(text);
      else waiting[n]?.push(() => say(text));
    };
    // A bar would be drawn over by the next one.
    const quiet = { watched: false, ask: null };
    return {
      io: { ...io, ...quiet, out: inTurn(io.out), orders: inTurn(io.orders), err: inTurn(io.err) },
      end() {
        ended.add(n);
        while (ended.has(now)) {
          now++;
          goOn();
        }
      },
    };
  };
}

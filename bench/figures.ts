/** Figures, taken and told. */

export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function round(n: number): string {
  return Math.round(n).toLocaleString("en");
}

export function ratio(n: number): string {
  return n.toFixed(n < 10 ? 2 : 0);
}

export function mb(bytes: number): number {
  return Math.round(bytes / 1e6);
}

import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { DAY, MINUTE } from "../../../time.ts";
import { personAt } from "../../sandbox-kit/people.ts";
import { between, pick, type Random, random, uuid, weigh } from "../../sandbox-kit/random.ts";
import type { Academy } from "./academy.ts";

const SIGN_INS = [
  [62, 1],
  [28, 2],
  [10, 3],
] as const;

/** How long ago somebody signed in, and whether that was to last. */
const AGES: readonly [number, { persistent: boolean; age: readonly [Duration, Duration] }][] = [
  [50, { persistent: false, age: [5 * MINUTE, 6 * DAY] }],
  [32, { persistent: true, age: [5 * MINUTE, 60 * DAY] }],
  [18, { persistent: true, age: [60 * DAY, 300 * DAY] }],
];

const DEVICES = [
  { deviceType: "desktop", userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0" },
  { deviceType: "desktop", userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) Safari/605.1" },
  { deviceType: "mobile", userAgent: "Mozilla/5.0 (Linux; Android 15; SM-A556B) Chrome/140.0" },
  { deviceType: "mobile", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Mobile/15E148" },
  { deviceType: "tablet", userAgent: "Mozilla/5.0 (iPad; CPU OS 18_5) Mobile/15E148" },
] as const;

/**
 * Makes up users and their tokens: the same `users`, `seed` and `at` give the same ones. Nothing is later than `at`.
 * Every tenth is a person of a supplier; one token in sixteen was logged out.
 */
export function fill(
  academy: Academy,
  options: { users: number; seed: number; at: Instant },
): void {
  for (let index = 0; index < options.users; index++) {
    const next = random(options.seed, index);
    const id = uuid(next);
    const { first, last, email } = personAt(index, options.seed);
    const [username = ""] = email.split("@");
    const active = next() < 0.9;
    academy.users.add({
      ...{ id, email, forename: first, surname: last, photoUrl: null, confirmed: true, hash: null },
      supplier: index % 10 === 9 ? { username, tenant: academy.tenant, active } : null,
    });
    for (let left = weigh(next, SIGN_INS); left > 0; left--) signIn(academy, next, id, options.at);
  }
}

function signIn({ tokens }: Academy, next: Random, user: string, now: Instant): void {
  const { persistent, age } = weigh(next, AGES);
  const at = now - between(next, ...age);
  const token = tokens.signIn(user, { at, persistent, ...pick(next, DEVICES) });
  if (next() < 1 / 16) tokens.destroy(token);
  else if (next() < 0.3) tokens.renew(token, between(next, at, now));
}

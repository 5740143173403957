/** What a run tells CloudWatch: metrics in the log (embedded metric format), so that no permission is needed. */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { heldCount } from "../exit.ts";
import type { Plan } from "../model/plan.ts";
import type { Outcome } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { RequestEvent } from "../providers/http/client.ts";

/** How a run ended, as a metric of that name: the alarms of infra/ read them. */
export type Ending = "Success" | "Refused" | "Failed" | "Unreadable" | "Busy" | "Broken";

export interface Measures {
  /** Counts requests to the target, and the 429s among their answers. */
  request(event: RequestEvent): void;
  /** Counts what was read, planned and done. */
  run(plan: Plan, outcomes: readonly Outcome[], left: number): void;
  /** Counts how many times somebody could not be told (`notify` in the policy). */
  untold(failures: number): void;
  /** Counts how the run ended and how long it took, and writes everything to the log. */
  end(ending: Ending, began: Instant, now: Instant): void;
}

const THROTTLED = 429;

/** The metrics of one run on one target. */
export function measuresOf(target: string): Measures {
  const metrics = new Metrics({
    namespace: "Curfew",
    serviceName: "curfew",
    defaultDimensions: { target },
  });
  const count = (name: string, n: number) => metrics.addMetric(name, MetricUnit.Count, n);
  let requests = 0;
  let throttled = 0;
  let untold = 0;
  return {
    request({ status }) {
      requests++;
      if (status === THROTTLED) throttled++;
    },
    run(plan, outcomes, left) {
      const { users, sessions, active } = plan.inventory;
      count("Users", users);
      count("Sessions", sessions);
      count("Active", active);
      count("Actions", plan.actions.length);
      count("Held", heldCount(plan));
      count("Refusals", plan.refusals.length);
      count("Notices", plan.notices.length);
      for (const status of ["applied", "failed", "skipped"] as const) {
        const name = { applied: "Applied", failed: "FailedActions", skipped: "Skipped" }[status];
        count(name, outcomes.filter((outcome) => outcome.status === status).length);
      }
      count("HandedOver", left);
      for (const [of, n] of byTypeAndCause(plan)) {
        const single = metrics.singleMetric();
        single.addDimensions(of);
        single.addMetric("ActionsByCause", MetricUnit.Count, n);
      }
    },
    untold(failures) {
      untold += failures;
    },
    end(ending, began, now) {
      count("Requests", requests);
      count("Throttled", throttled);
      count("Untold", untold);
      count(ending, 1);
      metrics.addMetric("Duration", MetricUnit.Milliseconds, now - began);
      // What was read when the run began is that old when it has ended.
      metrics.addMetric("InventoryAge", MetricUnit.Seconds, (now - began) / 1000);
      metrics.publishStoredMetrics();
    },
  };
}

function byTypeAndCause(plan: Plan): Map<{ type: string; cause: string }, number> {
  const groups = Map.groupBy(plan.actions, ({ type, cause }) => `${type} ${cause}`);
  return new Map(
    [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first ? [[{ type: first.type, cause: first.cause }, group.length] as const] : [];
    }),
  );
}

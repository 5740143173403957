import type { Reply } from "../../sandbox-kit/server.ts";

/** The documented errors (docs/backends/journeyapps.md, "Errors"): status and title by type. */
const ERRORS = {
  INVALID_API_REQUEST: [400, "Invalid API request."],
  OBJECT_NOT_FOUND: [404, "Object not found."],
  ROUTE_ERROR: [404, "Route not found."],
  ACCOUNT_NOT_FOUND: [404, "Account not found."],
  INVALID_VALUE: [422, "Invalid value specified."],
  TOO_MANY_REQUESTS: [429, "Too many requests."],
  INTERNAL_SERVER_ERROR: [500, "Oops! Something went wrong."],
} as const;

export type ErrorType = keyof typeof ERRORS;

/** An error that the API answers: the whole request's, or one operation's of a batch. */
export class ApiError extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, detail: string) {
    super(detail);
    this.type = type;
  }

  /** The documented error object. */
  json() {
    const see = `https://docs.journeyapps.com/reference/backend-api/api-reference/error-responses#${this.type}`;
    return { type: this.type, title: ERRORS[this.type][1], detail: this.message, see };
  }

  reply(headers: Record<string, string> = {}): Reply {
    return { status: ERRORS[this.type][0], body: JSON.stringify(this.json()), headers };
  }
}

/** The one error that is no JSON. */
export const UNAUTHORIZED: Reply = {
  status: 401,
  body: "HTTP Basic: Access denied.\n",
  headers: { "content-type": "text/plain; charset=utf-8" },
};

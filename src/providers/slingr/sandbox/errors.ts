import type { Reply } from "../../sandbox-kit/server.ts";

/** The errors (docs/backends/slingr.md, "Errors"): status by code. */
const ERRORS = {
  badRequest: 400,
  validationErrors: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  optimisticLocking: 409,
  tooManyRequests: 429,
  internalError: 500,
  applicationUnavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** What is wrong with one field. */
export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** An error that the API answers. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];

  constructor(code: ErrorCode, message: string, fields: readonly FieldError[] = []) {
    super(message);
    this.code = code;
    this.fields = fields;
  }

  reply(headers: Record<string, string> = {}): Reply {
    const errors = this.fields.map((field) => ({
      ...field,
      fieldLabel: null,
      additionalInfo: null,
    }));
    const body = {
      code: this.code,
      message: this.message,
      ...(errors.length > 0 ? { errors } : {}),
    };
    return { status: ERRORS[this.code], body: JSON.stringify(body), headers };
  }
}

/** What stands before the API refuses an address that is too long: no JSON. */
export const TOO_LONG: Reply = {
  status: 414,
  body: "<html><head><title>414 Request-URI Too Large</title></head></html>\n",
  headers: { "content-type": "text/html" },
};

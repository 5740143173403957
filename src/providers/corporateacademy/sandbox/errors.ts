import type { Reply } from "../../sandbox-kit/server.ts";

/**
 * An error that the API answers. No document tells statuses or bodies (docs/backends/corporateacademy.md): the
 * body is `{"error": "…"}`, and never holds a token.
 */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  reply(headers: Record<string, string> = {}): Reply {
    return { status: this.status, body: JSON.stringify({ error: this.message }), headers };
  }
}

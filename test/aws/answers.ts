/** The errors of AWS's services, each in the form that the service's clients read. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** A request that IAM does not allow. */
export function denied(service: string, message: string): Answer {
  if (service === "s3") return s3(403, "AccessDenied", message);
  if (service === "sns") return query(403, "AuthorizationError", message);
  return json(400, "AccessDeniedException", message);
}

/** A request beyond the service's rate. */
export function throttled(service: string): Answer {
  const message = "Rate exceeded";
  if (service === "s3") return s3(503, "SlowDown", "Please reduce your request rate.");
  if (service === "sns") return query(400, "Throttled", message);
  return json(400, "ThrottlingException", message);
}

/** A conditional write that met another one: S3 may answer it where moto never does. */
export function conflict(): Answer {
  const message =
    "The conditional request cannot succeed due to a conflicting operation against this resource.";
  return s3(409, "ConditionalRequestConflict", message);
}

/** The service itself fails. */
export function broken(service: string): Answer {
  const message = "We encountered an internal error. Please try again.";
  if (service === "s3") return s3(500, "InternalError", message);
  if (service === "sns") return query(500, "InternalError", message);
  return json(500, "InternalServiceError", message);
}

/** A request that the proxy itself does not understand: a fault of the tests. */
export function strange(message: string): Answer {
  return { status: 501, headers: { "content-type": "text/plain" }, body: message };
}

function s3(status: number, code: string, message: string): Answer {
  const text = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  return xml(status, `<Error>${text}<RequestId>PROXY</RequestId></Error>`);
}

function query(status: number, code: string, message: string): Answer {
  const type = status < 500 ? "Sender" : "Receiver";
  const text = `<Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  return xml(
    status,
    `<ErrorResponse><Error>${text}</Error><RequestId>PROXY</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): Answer {
  const declared = `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
  return { status, headers: { "content-type": "application/xml" }, body: declared };
}

function json(status: number, type: string, message: string): Answer {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type };
  return { status, headers, body: JSON.stringify({ __type: type, message, Message: message }) };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

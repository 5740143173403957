/**
 * What AWS's own runtime for Node does in a function's process, in few lines: imports the handler, asks the Lambda
 * Runtime API for one event after another, and hands back what the handler returns or throws.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env;

function call(method, path, body) {
  const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime${path}`;
  const { promise, resolve, reject } = Promise.withResolvers();
  // No connection is kept: the process may be frozen for long between two events.
  const request = http.request(url, { method, agent: false }, async (answer) => {
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    resolve({ headers: answer.headers, text });
  });
  request.on("error", reject).end(body);
  return promise;
}

function wire(error) {
  const known = error instanceof Error;
  const { name, message, stack = "" } = known ? error : { name: "string", message: String(error) };
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split("\n") });
}

/** An error is in the log too, as on Lambda. */
function report(path, error) {
  const text = wire(error);
  process.stderr.write(`${text}\n`);
  return call("POST", path, text);
}

async function load() {
  const [module, name] = _HANDLER.split(".");
  const exported = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${module}.mjs`)).href);
  if (typeof exported[name] === "function") return exported[name];
  const error = new Error(`${_HANDLER} is undefined or not exported`);
  error.name = "Runtime.HandlerNotFound";
  throw error;
}

/** The deadline, in ms; where the test wrote another one to the file, that. */
function deadlineOf(headers) {
  const file = headers["test-deadline-file"];
  const written = file ? readFileSync(file, "utf8") : "";
  return Number(written || headers["lambda-runtime-deadline-ms"]);
}

function contextOf(headers) {
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineOf(headers) - Date.now(),
  };
}

const handler = await load().catch(async (error) => {
  await report("/init/error", error);
  process.exit(1);
});
for (;;) {
  const { headers, text } = await call("GET", "/invocation/next");
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  const context = contextOf(headers);
  const path = `/invocation/${context.awsRequestId}`;
  try {
    const result = await handler(JSON.parse(text), context);
    await call("POST", `${path}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    await report(`${path}/error`, error);
  }
}

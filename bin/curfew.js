#!/usr/bin/env node
// In a checkout the TypeScript runs as it is, on the pinned Node; a published package has the bundle.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// With these Node itself prints headers and environments, secrets included, and it has read them by now.
const CHATTY = ["NODE_DEBUG", "NODE_DEBUG_NATIVE"];
const chatty = CHATTY.filter((name) => process.env[name]);
if (chatty.length > 0) {
  if (process.execve === undefined || process.platform === "win32") {
    process.stderr.write(
      `error: with ${chatty.join(" and ")} set, Node prints secrets: unset it, and use --debug to see the requests\n`,
    );
    process.exit(1);
  }
  const env = Object.entries(process.env).filter(([name]) => !CHATTY.includes(name));
  const args = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, Object.fromEntries(env));
}

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = at("../src/cli/main.ts");
const bundle = new URL("../lib/curfew.js", import.meta.url);
const pinned = at("../node_modules/node/bin/node");
const [major = 0] = process.versions.node.split(".").map(Number);

// Later starts take half the time.
module.enableCompileCache?.();

if (!existsSync(source)) {
  if (major >= 24) await import(bundle.href);
  else {
    process.stderr.write(`curfew needs Node 24 or later; this is ${process.version}\n`);
    process.exitCode = 1;
  }
} else if (major >= 24) {
  await import("../src/cli/main.ts");
} else {
  const child = spawn(pinned, [source, ...process.argv.slice(2)], { stdio: "inherit" });
  // Whoever ends this process means the one that works. Ctrl-C reaches both anyway.
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  child.on("exit", (status, signal) => {
    const interrupted = signal === "SIGINT" || signal === "SIGTERM";
    process.exitCode = signal ? (interrupted ? 130 : 1) : (status ?? 1);
    if (signal)
      process.stderr.write(
        `curfew was ended by ${signal}. Actions that were under way may have taken effect: the next run finds out.\n`,
      );
  });
}

/**
 * Which proxy a request passes: the one that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY of this process names, unless NO_PROXY
 * lists the host. What goes to this machine never passes one.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { getProxyForUrl } from "proxy-from-env";
import { type Dispatcher, Pool, ProxyAgent, request } from "undici";
import { isLoopback } from "./loopback.ts";
import type { Duration } from "./model/vocabulary.ts";

/** The address of the proxy on the way to `url`; null where there is none. */
export function proxyFor(url: string): string | null {
  if (isLoopback(new URL(url).hostname)) return null;
  return getProxyForUrl(url) || null;
}

/** A proxy as messages name it: without its user and password. */
export function proxyName(proxy: string): string {
  return URL.parse(proxy)?.host || "the proxy of the environment";
}

/** Connections to one origin, through the proxy where one is on the way; to be closed by whoever asked. */
export function connectionsTo(origin: string, options: Pool.Options): Dispatcher {
  const proxy = proxyFor(origin);
  if (proxy === null) return new Pool(origin, options);
  const { connect, ...rest } = options;
  const timeout = typeof connect === "object" ? connect.timeout : undefined;
  return new ProxyAgent({
    ...rest,
    uri: proxy,
    // Through a tunnel alone nobody on the way reads what is sent.
    proxyTunnel: true,
    ...(timeout != null && { connectTimeout: timeout, proxyTls: { timeout } }),
  });
}

/** The status of the answer to one POST, over a connection of its own. Follows no redirect; throws what the network meets. */
export async function postOnce(
  url: string,
  { headers, body, within }: { headers: Record<string, string>; body: string; within: Duration },
): Promise<number> {
  const dispatcher = connectionsTo(new URL(url).origin, {});
  try {
    const signal = AbortSignal.timeout(within);
    const answer = await request(url, { method: "POST", headers, body, signal, dispatcher });
    answer.body.on("error", () => {});
    answer.body.destroy();
    return answer.statusCode;
  } finally {
    await dispatcher.destroy();
  }
}

/** Never through a proxy, whatever NO_PROXY says: this machine. */
const HERE = "localhost,127.0.0.1-127.255.255.254,::1,[::1]";

/** What the AWS SDK's request handler needs to pass the proxy; empty where there is none. */
export function awsAgents(): { httpAgent?: HttpAgent; httpsAgent?: HttpsAgent } {
  const named = (name: string) => process.env[name.toLowerCase()] || process.env[name];
  const all = named("ALL_PROXY");
  const [http, https] = [named("HTTP_PROXY") ?? all, named("HTTPS_PROXY") ?? all];
  if (!http && !https) return {};
  const except = [named("NO_PROXY"), HERE].filter(Boolean).join(",");
  const proxyEnv = {
    ...(http && { HTTP_PROXY: http }),
    ...(https && { HTTPS_PROXY: https }),
    NO_PROXY: except,
  };
  const how = { keepAlive: true, maxSockets: 50, proxyEnv };
  return { httpAgent: new HttpAgent(how), httpsAgent: new HttpsAgent(how) };
}

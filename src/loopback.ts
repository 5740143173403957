/** Whether a host is this machine: `localhost`, an address of 127.0.0.0/8, or `[::1]`, as `URL.hostname` writes them. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

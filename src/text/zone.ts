/** Names of time zones that people may write where local hours are meant. */

/** `EST`, `Etc/GMT+5`, `+02:00`: Intl takes them, but they know nothing of summer time, or are another place's than meant. */
export function isFixedOffset(name: string): boolean {
  if (/^(?:UTC|GMT|UCT|CET|EET|MET|WET|PRC|ROC|ROK)$/i.test(name)) return false;
  return /^(?:[A-Z]{3}|(?:Etc\/)?(?:GMT|UTC)?[+-]?\d[\d:]*|SystemV\/.*)$/i.test(name);
}

export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name) || isFixedOffset(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

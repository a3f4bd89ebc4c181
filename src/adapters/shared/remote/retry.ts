const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** The wait after the `tried`-th try: twice as long each time, and from the half of it up by chance (0 to 1). */
export function backoffMs(tried: number, chance: number): number {
  const full = Math.min(FIRST_MS * 2 ** (tried - 1), LONGEST_MS);
  return Math.round(full / 2 + (full / 2) * chance);
}

/** What a `Retry-After` asks for, in milliseconds from now: seconds or a date (RFC 9110, 10.2.3). Null when it says nothing. */
export function retryAfterMs(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Only the forms with a month in letters: Date.parse takes nearly anything for a year.
  const at = /[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

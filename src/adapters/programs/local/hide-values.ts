/** Shorter values are words like `true`, which a text may well say by itself. */
const SHORTEST_SECRET = 12;

/** A text without the values that a program was given and may have printed. */
export function hideValues(text: string, values: Readonly<Record<string, string>> | undefined): string {
  const secrets = Object.values(values ?? {}).flatMap((value) => [value, ...passwordsOf(value)]);
  return secrets
    .filter((value) => value.length >= SHORTEST_SECRET)
    .reduce((rest, value) => rest.replaceAll(value, '[hidden]'), text);
}

/** The password in a URL is a secret by itself. */
function passwordsOf(value: string): readonly string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

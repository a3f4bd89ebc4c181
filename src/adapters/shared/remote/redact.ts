const SHORTEST = 4;

/** Takes secrets out of texts, also as they stand in addresses and in a Basic login. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);
  // The longest first, so that no half of one is left.
  const hidden = [...new Set(forms)].sort((one, other) => other.length - one.length);
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

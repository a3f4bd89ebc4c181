/** Files that hold logins or keys, wherever they lie: they leave this machine in no commit, archive or upload. */
const SECRET_FILE =
  /(^|\/)(\.env(?!\.example$)[^/]*|\.npmrc|\.netrc|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(pem|key|p12|pfx))$/i;
const ENVIRONMENT_FILE = /^\.env(?!\.example$)[^/]*$/;
const SECRET_NAME = /(PASSWORD|SECRET|TOKEN|KEY)$/i;
/** Shorter values are words, which a text may well say by itself. */
const SHORTEST = 12;

/** Whether a file holds secrets, by its name. */
export function isSecretFile(path: string): boolean {
  return SECRET_FILE.test(path);
}

/** Settings of npm, of which only those with a login are a secret: a generated project has some without. */
export function isNpmSettings(path: string): boolean {
  return /(^|\/)\.npmrc$/i.test(path);
}

/** Whether settings of npm hold a login. */
export function hasNpmLogin(content: string): boolean {
  return /_(authToken|auth|password)\s*=/i.test(content);
}

/** Whether a file of a project's folder gives variables to a program, by its name. */
export function isEnvironmentFile(name: string): boolean {
  return ENVIRONMENT_FILE.test(name);
}

/** Passwords and keys in the content of an environment file, each long enough to be looked for in other texts. */
export function secretValues(content: string): readonly string[] {
  return content
    .split('\n')
    .flatMap(secretIn)
    .filter((value) => value.length >= SHORTEST);
}

function secretIn(line: string): readonly string[] {
  const [, name = '', value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*["']?(.*?)["']?\s*$/.exec(line) ?? [];
  if (SECRET_NAME.test(name)) return [value];
  return URL.canParse(value) ? [...new Set([new URL(value).password, decoded(new URL(value).password)])] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

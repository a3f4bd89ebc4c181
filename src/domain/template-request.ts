const REQUEST = /^template:(\S.*)$/su;

/** The request that stands for a template, so that whoever resumes it gets the same design. */
export function requestOfTemplate(name: string): string {
  return `template:${name.trim().toLowerCase()}`;
}

/** The name of the template a request stands for; null for a request in words. */
export function templateOfRequest(text: string): string | null {
  return REQUEST.exec(text)?.[1] ?? null;
}

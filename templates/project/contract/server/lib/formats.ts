import { z } from 'zod';

/** Formats of texts that the document names. */
const FORMATS = {
  uri: /^[a-z][a-z0-9+.-]*:[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/i,
  ipv4: z.regexes.ipv4,
  ipv6: z.regexes.ipv6,
  hostname:
    /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};

/** A check that a text has a format. */
export function formatted(format: keyof typeof FORMATS) {
  return (text: string, context: z.RefinementCtx): void => {
    const isRight = FORMATS[format].test(text) && (format !== 'uri' || URL.canParse(text));
    if (!isRight) context.addIssue({ code: 'custom', message: `must have the format ${format}` });
  };
}

import { TurboError } from './errors.ts';

/** What somebody asked for: a sentence, cleaned of what must never reach a terminal, a file name or a model. */
export interface Request {
  readonly text: string;
}

/** 8 KB: the longest request that is still a request and not a document (bytes of UTF-8). */
const MAX_REQUEST_BYTES = 8 * 1024;

/**
 * Control, zero-width and bidirectional formatting characters: invisible, and able to make a terminal or a reviewer
 * see something else than what is there (RELIABILITY A03; Unicode TR36). Line breaks and tabs stay.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Removes what cannot be seen; used on everything that comes from outside before it is printed or kept. */
export function stripInvisible(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(INVISIBLE, '');
}

/** Parses a request. Throws `request.empty` or `request.too_long`. */
export function parseRequest(input: unknown, example = 'turbobackend create "blog API"'): Request {
  const text = typeof input === 'string' ? stripInvisible(input).normalize('NFC').trim() : '';
  if (text === '') {
    throw new TurboError('request.empty', 'The request is empty: say in a sentence what the backend is for.', {
      hint: example,
    });
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_REQUEST_BYTES) {
    throw new TurboError('request.too_long', `The request has ${bytes} bytes; ${MAX_REQUEST_BYTES} are the limit.`, {
      hint: 'Shorten it to what the backend stores and does.',
    });
  }
  return { text };
}

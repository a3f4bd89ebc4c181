import { createHash } from 'node:crypto';
import { defineHandler } from 'nitro/h3';
import { isKnown } from './rows.ts';

/** Answers a text that stays the same while the server runs. It is made when somebody first asks for it. */
export function fixedAnswer(make: () => string, headers: Readonly<Record<string, string>>) {
  let kept: { readonly text: string; readonly etag: string } | null = null;
  return defineHandler((event) => {
    kept ??= withTag(make());
    const { text, etag } = kept;
    // Kept by whoever asked, but asked for again: the next release says something else.
    const all = { ...headers, etag, 'cache-control': 'no-cache' };
    const isSame = isKnown(event, etag);
    return new Response(isSame ? null : text, { status: isSame ? 304 : 200, headers: all });
  });
}

function withTag(text: string) {
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}

import type { z } from 'zod';

/** Longer texts match nothing: some patterns would take too long. */
const MOST = 1000;

/** A check that a text matches a pattern of the document. */
export function matching(pattern: string) {
  const expression = new RegExp(pattern, 'u');
  return (text: string, context: z.RefinementCtx): void => {
    if (text.length <= MOST && expression.test(text)) return;
    context.addIssue({ code: 'custom', message: `must match ${pattern}` });
  };
}

/** What LIKE finds a text with, wherever it stands. */
export function containing(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

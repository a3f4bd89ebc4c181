/** An answer that is JSON, and one that is not, with what to tell whoever wrote it. */
export type Parsed = { readonly value: unknown } | { readonly problem: string };

const FENCED = /```[a-z]*\s*\n([\s\S]*?)```/g;

/** What models that think aloud put before their answer. */
const THOUGHT = /^\s*<think>[\s\S]*?<\/think>/;

/** Reads the JSON of an answer. Models that know no schemas wrap it: exactly one fenced block is taken for it. */
export function parseJson(said: string): Parsed {
  const text = said.replace(THOUGHT, '');
  const whole = tryParse(text.trim());
  if ('value' in whole) return whole;
  const blocks = [...text.matchAll(FENCED)].flatMap(([, block]) => block ?? []);
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return tryParse(only);
  return blocks.length > 1 ? { problem: `There are ${blocks.length} blocks; one JSON object is wanted.` } : whole;
}

function tryParse(text: string): Parsed {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: 'This is not JSON. Answer with one JSON object, and nothing before or behind it.' };
  }
}

import type { SchemaProblem } from '../../../domain/schema-rules.ts';
import type { Templates } from '../../../ports/templates.ts';
import type { Message } from './question.ts';

/** The texts of templates/prompts, by the name of their file without its ending. */
export type Prompts = Readonly<Record<'detect' | 'design' | 'mend' | 'plan-endpoints', string>>;

export async function loadPrompts(templates: Templates): Promise<Prompts> {
  const files = await templates.readTree('prompts');
  const text = (name: string) => {
    const found = files[`${name}.md`];
    if (found === undefined) throw new Error(`templates/prompts/${name}.md is missing`);
    return found.trim();
  };
  return {
    detect: text('detect'),
    design: text('design'),
    mend: text('mend'),
    'plan-endpoints': text('plan-endpoints'),
  };
}

/** Problems that are told at once; the rest shows when these are mended. */
const MOST_PROBLEMS = 30;
/** Of an answer that was no JSON, or far too long, this much is given back. */
const LONGEST_ECHO = 60_000;

/** The request between marks that it cannot contain, and what is known so far. */
export function ask(request: string, known: { readonly title: string; readonly value: unknown }): Message {
  const data = request.replaceAll('</request>', '');
  const content = `<request>\n${data}\n</request>\n\n${known.title}\n${JSON.stringify(known.value)}`;
  return { role: 'user', content };
}

/** An answer that was not good enough, and why. */
export function mend(answer: string, problems: readonly SchemaProblem[], { mend: text }: Prompts): readonly Message[] {
  const lines = problems.slice(0, MOST_PROBLEMS).map(({ path, message }) => `- ${path}: ${message}`);
  if (problems.length > lines.length) lines.push(`- and ${problems.length - lines.length} more`);
  return [
    { role: 'assistant', content: answer.slice(0, LONGEST_ECHO) },
    { role: 'user', content: text.replace('{{problems}}', () => lines.join('\n')) },
  ];
}

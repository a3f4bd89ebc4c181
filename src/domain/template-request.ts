const REQUEST = /^template:([^\s,;]+)[\s,;]*(.*)$/su;

/** A template, and what is wanted otherwise; no words: the template as it is. */
export interface TemplateRequest {
  readonly template: string;
  readonly words: string;
}

/** The request that stands for a template and some words, so that whoever resumes it gets the same design. */
export function requestOfTemplate(template: string, words = ''): string {
  return `template:${template.trim().toLowerCase()} ${words.trim()}`.trim();
}

/** The template a request stands for, and the words beside it; null for a request in words alone. */
export function templateOfRequest(text: string): TemplateRequest | null {
  const [, template, words] = REQUEST.exec(text) ?? [];
  return template === undefined ? null : { template, words: words?.trim() ?? '' };
}

/** One or two words, "template", and the end or a word that says what is otherwise. */
const NAMED =
  /\b(?:([a-z][a-z-]*)\s+)?([a-z][a-z-]*)\s+template\b(?=\s*(?:$|[.,;:!()\n–-]|(?:with|without|but|and|plus|minus|for|except|where|no|then)\b))/giu;

/** What may stand in front: "start from the", "like our". */
const LEAD =
  /(?:^|[\s,;.])(?:(?:like|use|using|from|with|on|take|taking|extend|want|need|start|starting|based|i|we|something)\s+)*(?:(?:the|a|an|your|our)\s+)?$/i;

/**
 * The template a request in words names ("the shop template, with gift cards", "like the blog template but …"), of those
 * that `find` knows, and the rest of its words. Null when it names none, as in "an app for letter templates".
 */
export function templateInWords(text: string, find: (name: string) => string | null): TemplateRequest | null {
  for (const match of text.matchAll(NAMED)) {
    const [whole, first, second = ''] = match;
    const choices = first === undefined ? [second] : [`${first} ${second}`, second];
    for (const name of choices) {
      const template = find(name);
      const start = match.index + (name === second && first !== undefined ? whole.indexOf(second, first.length) : 0);
      const lead = LEAD.exec(text.slice(0, start));
      if (template === null || !lead) continue;
      const words = `${text.slice(0, lead.index)} ${text.slice(match.index + whole.length)}`;
      return { template, words: words.replace(/^[\s,;:.!–-]+/, '').trim() };
    }
  }
  return null;
}

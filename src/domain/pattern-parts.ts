/** Of a text that matches a pattern: so many of these characters. */
export interface PatternPart {
  readonly chars: string;
  readonly count: number;
}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS = LOWER + LOWER.toUpperCase();
const CLASSES: Readonly<Record<string, string>> = { d: DIGITS, w: LETTERS + DIGITS, s: ' ' };
const MAX_PARTS = 60;

/** What follows an atom: how often it stands there at least, and whether that varies. */
interface Times {
  readonly min: number;
  readonly max: number;
}

/**
 * Texts that match a pattern, part by part; null for one that is not understood, or that a server could be kept busy
 * with: something that varies, repeated without an end.
 */
export function patternParts(pattern: string): readonly PatternPart[] | null {
  const reader = new Reader(pattern);
  const parts = reader.alternatives();
  if (!parts || !reader.isDone || parts.length > MAX_PARTS) return null;
  const text = parts.map(({ chars, count }) => (chars[0] ?? '').repeat(count)).join('');
  try {
    return new RegExp(pattern, 'u').test(text) ? parts : null;
  } catch {
    return null;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** Something before here repeats a number of times that nobody knows. */
  #varies = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The first of several alternatives. */
  alternatives(): PatternPart[] | null {
    const first = this.#sequence();
    while (first && this.#take('|')) {
      this.#varies = true;
      if (!this.#sequence()) return null;
    }
    return first;
  }

  #sequence(): PatternPart[] | null {
    const parts: PatternPart[] = [];
    while (!this.isDone && !/[|)]/.test(this.#next)) {
      if (this.#take('^') || this.#take('$')) continue;
      const atom = this.#atom();
      const times = atom && this.#times();
      if (!atom || !times) return null;
      for (let count = 0; count < times.min; count += 1) parts.push(...atom);
      if (parts.length > MAX_PARTS * 4) return null;
    }
    return merged(parts);
  }

  #atom(): PatternPart[] | null {
    if (this.#take('(')) return this.#group();
    const chars = this.#take('[') ? this.#set() : this.#character();
    return chars === null || chars === '' ? null : [{ chars, count: 1 }];
  }

  #group(): PatternPart[] | null {
    if (this.#take('?') && !this.#take(':')) return null;
    const before = this.#varies;
    this.#varies = false;
    const inner = this.alternatives();
    if (!inner || !this.#take(')')) return null;
    // Repeated without an end, what varies itself can be read in too many ways.
    if (this.#varies && /^(?:[*+]|\{\d+,\}|\{\d+(?:,\d+)?\})/.test(this.#text.slice(this.#at))) return null;
    this.#varies ||= before;
    return inner;
  }

  #set(): string | null {
    if (this.#next === '^') return null;
    let chars = '';
    while (!this.isDone && this.#next !== ']') {
      const from = this.#setCharacter();
      if (from === null) return null;
      if (from.length === 1 && this.#next === '-' && this.#text[this.#at + 1] !== ']') {
        this.#at += 1;
        const to = this.#setCharacter();
        if (to?.length !== 1) return null;
        for (let code = from.charCodeAt(0); code <= to.charCodeAt(0) && chars.length < 200; code += 1)
          chars += String.fromCharCode(code);
      } else chars += from;
    }
    return this.#take(']') ? chars : null;
  }

  #setCharacter(): string | null {
    return this.#next === '\\' ? this.#character() : this.#any();
  }

  #character(): string | null {
    if (this.#take('.')) return LOWER;
    if (!this.#take('\\')) return /[*+?{}[\]]/.test(this.#next) ? null : this.#any();
    const letter = this.#any();
    const known = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
    return known ?? (/[A-Za-z0-9]/.test(letter) ? null : letter);
  }

  #times(): Times | null {
    const [said = '', from, comma, to] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += said.length;
    if (this.#take('?')) this.#varies = true;
    if (said === '') return { min: 1, max: 1 };
    const endless = { '*': 0, '+': 1, '?': 0 }[said];
    const min = endless ?? Number(from);
    const max =
      said === '?' ? 1 : endless !== undefined ? Infinity : comma === '' ? min : to === '' ? Infinity : Number(to);
    if (max !== min) this.#varies = true;
    // One of what may be missing makes texts differ.
    return min > 500 ? null : { min: min === 0 && max > 0 && said !== '?' ? 1 : min, max };
  }

  get #next(): string {
    return this.#text[this.#at] ?? '';
  }

  #any(): string {
    const found = this.#next;
    this.#at += 1;
    return found;
  }

  #take(wanted: string): boolean {
    if (this.#next !== wanted || this.isDone) return false;
    this.#at += 1;
    return true;
  }
}

function merged(parts: readonly PatternPart[]): PatternPart[] {
  const found: PatternPart[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last?.chars === part.chars) found[found.length - 1] = { chars: last.chars, count: last.count + part.count };
    else found.push(part);
  }
  return found;
}

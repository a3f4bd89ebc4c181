/** Where the bracket is closed that stands at `open`; -1 when it is not. Brackets in quotes count for nothing. */
export function closingAt(text: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let at = open; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === '\\') at += 1;
      else if (char === quote || char === '\n') quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** Cuts a text at signs that stand in no bracket and no quotation. */
export function cutAt(text: string, signs: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    const isQuote = char === '"' || char === "'" || char === '`';
    if (isQuote) at = endOfQuote(text, at);
    else if ('([{'.includes(char)) {
      const end = closingAt(text, at);
      if (end === -1) break;
      at = end;
    } else if (signs.includes(char)) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
}

function endOfQuote(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === text.charAt(start)) return at;
    // An apostrophe, no quotation.
    else if (text.charAt(at) === '\n') return start;
  }
  return start;
}

/** What stands in quotes, in order. */
export function quotedIn(text: string): readonly string[] {
  return [...text.matchAll(/(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1/g)].map((match) => match[2] ?? '');
}

/** The text without comments of code, which say nothing about columns; as long as before. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:\w])\/\/[^\n]*/g, (found) => found.replace(/[^\n]/g, ' '));
}

import { snake } from '../../words.ts';
import { quotedIn } from './scan.ts';

/** A type of a programming language without what only wraps it. */
export interface WrittenType {
  readonly word: string;
  readonly list: boolean;
  readonly nullable: boolean;
  /** Marked as there in any case: `String!`. */
  readonly required: boolean;
  readonly values?: readonly string[] | undefined;
}

const LISTS =
  /^(?:readonly\s+)?(?:array|list|set|collection|i?enumerable|icollection|ilist|hashset|vec|iterable|repeated|mutablelist|sequence)\s*(?:<\s*([\s\S]+)\s*>|\s+([\s\S]+))$/i;
const MAYBE = /^(?:option(?:al)?|nullable|maybe)\s*<\s*([\s\S]+)\s*>$/i;

/** `Array<T>`, `T | null`, `Option<T>`, `[T!]!`, `*T`, `'a' | 'b'`: what is meant, whether it is a list, and whether it may be missing. */
export function readType(written: string): WrittenType {
  let text = written.replace(/[,;]\s*$/, '').trim();
  let [list, nullable, required] = [false, false, false];
  for (let round = 0; round < 6; round += 1) {
    const before = text;
    if (/!$/.test(text)) required ||= !list;
    nullable ||=
      /(?:\?|\|\s*(?:null|undefined|None))\s*$/.test(text) ||
      /^(?:\?|\*(?=\w)|(?:null|undefined|nil)\s*\|)/.test(text) ||
      MAYBE.test(text);
    text = text
      .replace(/[!?]+$/, '')
      .replace(/\s*\|\s*(null|undefined|None)\s*$/, '')
      .replace(/^\s*(null|undefined)\s*\|\s*/, '')
      .replace(/^[?*]/, '')
      .trim();
    text = MAYBE.exec(text)?.[1] ?? text;
    const inner = LISTS.exec(text);
    const element =
      inner?.[1] ??
      inner?.[2] ??
      /^\[\]\*?(.+)$/.exec(text)?.[1] ??
      /^(.+)\[\]$/.exec(text)?.[1] ??
      /^\[([^,:]+)\]$/.exec(text)?.[1];
    if (element !== undefined) {
      list = true;
      text = element.replace(/^\((.*)\)$/, '$1');
    }
    if (text === before) break;
  }
  const values = /^\|?\s*(["'])[^"']*\1(\s*\|\s*(["'])[^"']*\3)*$/.test(text) ? quotedIn(text) : undefined;
  const isTree = /^(\{|record\s*<|map\s*[<[]|dict|hashmap)/i.test(text);
  const word = isTree
    ? 'json'
    : text
        .replace(/<[\s\S]*>$/, '')
        .replace(/\(.*\)$/, '')
        .trim();
  return { word: snake(word) === '' ? '' : word, list, nullable, required, values };
}

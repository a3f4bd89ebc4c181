import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { TurboError } from '../../../domain/errors.ts';
import type { Attributes } from './attributes.ts';
import { attributes } from './attributes.ts';
import type { Comparison, Domain, Entity, Lexicon, Sense, Signal } from './lexicon.ts';
import type { BusinessesFile, DomainFile, EnglishFile } from './lexicon-files.ts';
import {
  attributesFile,
  businessesFile,
  domainFile,
  englishFile,
  glossaryFile,
  signalsFile,
  tiesFile,
} from './lexicon-files.ts';
import { readColumn, readLink } from './notation.ts';
import { singular, snake } from './words.ts';

/**
 * Reads the lexicon from a folder: `attributes.json`, `english.json`, `glossary.json`, `signals.json`, `businesses.json`,
 * `ties.json` and one file per domain under `domains/`. Throws `config.invalid` naming the file and the place when one of them is damaged.
 */
export async function loadLexicon(folder: string): Promise<Lexicon> {
  const names = (await list(join(folder, 'domains'))).filter((name) => name.endsWith('.json')).sort();
  const [known, english, glossary, signals, businesses, ties, ...files] = await Promise.all([
    readJson(join(folder, 'attributes.json'), attributesFile),
    readJson(join(folder, 'english.json'), englishFile),
    readJson(join(folder, 'glossary.json'), glossaryFile),
    readJson(join(folder, 'signals.json'), signalsFile),
    readJson(join(folder, 'businesses.json'), businessesFile),
    readJson(join(folder, 'ties.json'), tiesFile),
    ...names.map((name) => readJson(join(folder, 'domains', name), domainFile)),
  ]);
  const attribute = attributes(known);
  const domains = files.map((file, i) => readDomain(basename(names[i] ?? '', '.json'), file, attribute));
  const signal = (raw: { pattern: string; weight: number; says: string }): Signal => ({
    ...raw,
    pattern: new RegExp(raw.pattern, 'u'),
  });
  const index = indexDomains(domains);
  const vocabulary = vocabularyOf(index, attribute, english);
  return {
    domains,
    ...index,
    attributes: attribute,
    english,
    glossary,
    businesses,
    ties,
    goods: readGoods(businesses, attribute),
    stores: signals.stores.map(signal),
    stateless: signals.stateless.map(signal),
    ...vocabulary,
  };
}

function readGoods({ goods }: BusinessesFile, { guess }: Attributes): Lexicon['goods'] {
  const read = (name: string, text: string) => {
    const column = readColumn(text, guess);
    if (!column) throw new TurboError('config.invalid', `businesses.json: goods.${name}: cannot be read: ${text}`);
    return column;
  };
  return new Map(Object.entries(goods).map(([name, texts]) => [name, texts.map((text) => read(name, text))]));
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new TurboError('config.invalid', `The planner's lexicon cannot be read: ${folder}`, {
      cause,
      hint: 'Install turbobackend again: its package is incomplete.',
    });
  }
}

async function readJson<T extends z.ZodType>(path: string, shape: T): Promise<z.output<T>> {
  let problem: string;
  try {
    const parsed = shape.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return parsed.data;
    problem = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  } catch (cause) {
    problem = cause instanceof Error ? cause.message : String(cause);
  }
  throw damaged(path, problem);
}

function damaged(path: string, problem: string): TurboError {
  return new TurboError('config.invalid', `The planner's lexicon file ${basename(path)} is not valid: ${problem}`, {
    hint: 'Install turbobackend again, or correct the file.',
  });
}

function readDomain(name: string, file: DomainFile, attribute: Attributes): Domain {
  const entities = new Map<string, Entity>();
  for (const [key, raw] of Object.entries(file.entities)) {
    const refuse = (text: string): never => {
      throw damaged(`${name}.json`, `entities.${key}: cannot read "${text}"`);
    };
    const groups = (texts: readonly string[], separator: string) =>
      texts.map((text) => text.split(separator).map((part) => part.trim()));
    const entity: Entity = {
      name: key,
      domain: name,
      about: raw.about,
      columns: raw.columns.map((text) => readColumn(text, attribute.guess) ?? refuse(text)),
      links: raw.links.map((text) => readLink(text) ?? refuse(text)),
      unique: groups(raw.unique, '+'),
      checks: raw.checks.map((text) => readComparison(text) ?? refuse(text)),
      needs: groups(raw.needs, '|'),
      impliedBy: groups(raw.impliedBy, '+'),
      person: raw.person,
      weak: raw.weak,
      usual: raw.usual,
      shown: raw.shown,
      keptBy: raw.keptBy,
      lookup: raw.lookup,
      recorded: raw.recorded,
    };
    entities.set(key, entity);
    for (const other of raw.alike.map((word) => singular(snake(word)))) {
      if (file.entities[other] === undefined)
        entities.set(other, { ...entity, name: other, about: `One ${other.replaceAll('_', ' ')}.` });
    }
  }
  return { name, file, entities };
}

const OPERATORS: readonly Comparison['operator'][] = ['<', '<=', '>', '>=', '=', '<>'];

function readComparison(text: string): Comparison | null {
  const [left, sign, right, ...rest] = text.split(' ');
  const operator = OPERATORS.find((known) => known === sign);
  return left && operator && right && rest.length === 0 ? { left, operator, right } : null;
}

type Index = Pick<Lexicon, 'nouns' | 'verbs' | 'domainWords'>;

function indexDomains(domains: readonly Domain[]): Index {
  const nouns = new Map<string, Sense[]>();
  const verbs = new Map<string, Sense[]>();
  const domainWords = new Map<string, Domain[]>();
  const add = <T>(map: Map<string, T[]>, key: string, value: T) => {
    const there = map.get(key);
    if (there) there.push(value);
    else map.set(key, [value]);
  };
  for (const domain of domains) {
    const names = new Set(domain.file.words.map((word) => singular(snake(word))));
    for (const name of names) add(domainWords, name, domain);
    for (const [key, entity] of domain.entities) {
      const raw = domain.file.entities[key];
      const named = new Set([key, ...(raw?.words ?? [])].map((word) => singular(snake(word))));
      for (const word of named) add(nouns, word, { domain, entity, names: true });
      for (const hint of raw?.hints ?? []) {
        const word = singular(snake(hint));
        if (!named.has(word)) add(nouns, word, { domain, entity, names: false });
      }
      for (const verb of raw?.verbs ?? []) add(verbs, snake(verb), { domain, entity, names: false });
    }
  }
  return { nouns, verbs, domainWords };
}

function usualWords(nouns: Index['nouns']): readonly string[] {
  return [...nouns].filter(([, senses]) => senses.some(({ domain }) => !domain.file.niche)).map(([word]) => word);
}

function vocabularyOf(
  index: Index,
  attribute: Attributes,
  english: EnglishFile,
): Pick<Lexicon, 'spelling' | 'vocabulary' | 'beginnings'> {
  const content = [...index.nouns.keys(), ...index.domainWords.keys(), ...attribute.words, ...english.roles];
  // Words that only a niche uses are known, but nothing is taken for a misspelling of them.
  const usual = new Set([
    ...usualWords(index.nouns),
    ...index.domainWords.keys(),
    ...attribute.words,
    ...english.roles,
  ]);
  const single = new Set([...usual].flatMap((phrase) => phrase.split('_')).filter((word) => word.length >= 4));
  const spelling = new Map<string, string[]>();
  for (const word of single) {
    const letter = word.slice(0, 1);
    const there = spelling.get(letter);
    if (there) there.push(word);
    else spelling.set(letter, [word]);
  }
  const words = content.flatMap((phrase) => [phrase, ...phrase.split('_')]);
  const vocabulary = new Set([...single, ...words, ...index.verbs.keys()]);
  const { abbreviations, ...lists } = english;
  for (const words of Object.values(lists)) for (const word of words) vocabulary.add(word);
  for (const word of abbreviations.keys()) vocabulary.add(word);
  const beginnings = new Set(content.flatMap((phrase) => firstOf(phrase) ?? []));
  return { spelling, vocabulary, beginnings };
}

/** The first word of a name that has several; null when it has one. */
function firstOf(name: string): string | null {
  const end = name.indexOf('_');
  return end === -1 ? null : name.slice(0, end);
}

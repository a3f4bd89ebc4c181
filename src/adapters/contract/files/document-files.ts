import { readFile, stat } from 'node:fs/promises';
import { TurboError } from '../../../domain/errors.ts';
import type { ApiDocuments } from '../../../ports/contract.ts';
import { checkReferences } from './check-references.ts';
import { checkVersion } from './check-version.ts';
import { DOCUMENT_LIMITS, parseText, unreadable } from './parse-text.ts';

/** Documents in files of this machine. */
export function documentFiles(): ApiDocuments {
  return {
    async read(file) {
      if (/^https?:\/\//i.test(file)) {
        throw new TurboError('contract.unsupported', `${file} is an address; only files are read.`, {
          hint: 'Fetch it first, look at it, and give the file: curl -o openapi.yaml <address>',
        });
      }
      const document = await parseText(await readText(file), file);
      await checkVersion(document);
      checkReferences(document);
      return document;
    },
  };
}

async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(`${file} is no text in UTF-8.`, 'Save it as UTF-8.', error);
  }
}

async function readBytes(file: string): Promise<Buffer> {
  const hint = 'Name a file with an OpenAPI document: --openapi openapi.yaml';
  try {
    const found = await stat(file);
    if (!found.isFile()) throw unreadable(`${file} is no file.`, hint);
    if (found.size > DOCUMENT_LIMITS.bytes) {
      throw unreadable(
        `${file} has ${found.size} bytes; ${DOCUMENT_LIMITS.bytes} are the limit.`,
        'Bring a part of it.',
      );
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof TurboError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw unreadable(`${file} cannot be read${code === '' ? '' : ` (${code})`}.`, hint, error);
  }
}

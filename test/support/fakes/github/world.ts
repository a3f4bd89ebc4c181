import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses, Repository } from './answers.ts';
import { makeBareRepository } from './git-server.ts';
import type { FakeToken } from './tokens.ts';

/** What the fake of GitHub holds: accounts, repositories, and those that have another name by now. */
export class World {
  readonly repositories = new Map<string, Repository>();
  /** Old names of repositories, with their ids. */
  readonly renamed = new Map<string, number>();
  /** All that were ever made, also those that are gone. */
  readonly made: string[] = [];
  addresses: Addresses = { api: '', server: '' };

  constructor(
    /** Where bare repositories lie. */
    readonly root: string,
    readonly tokens: readonly FakeToken[],
  ) {}

  find(owner: string, name: string): Repository | undefined {
    return this.repositories.get(keyOf(owner, name));
  }

  add(
    owner: string,
    name: string,
    options: Partial<Pick<Repository, 'isPrivate' | 'isArchived' | 'description'>>,
  ): void {
    const { isPrivate = false, isArchived = false, description = null } = options;
    const id = 5000 + this.made.length;
    const repository = { id, owner, name, isPrivate, description, createdAt: new Date(), isArchived };
    this.repositories.set(keyOf(owner, name), repository);
    this.made.push(`${owner}/${name}`);
    makeBareRepository(this.root, `${keyOf(owner, name)}.git`);
  }

  rename(owner: string, name: string, newName: string): void {
    const repository = this.find(owner, name);
    if (!repository) throw new Error(`there is no ${owner}/${name}`);
    this.repositories.delete(keyOf(owner, name));
    this.renamed.set(keyOf(owner, name), repository.id);
    this.repositories.set(keyOf(owner, newName), { ...repository, name: newName });
  }

  remove(owner: string, name: string): void {
    this.repositories.delete(keyOf(owner, name));
    rmSync(this.folderOf(owner, name), { recursive: true, force: true });
  }

  folderOf(owner: string, name: string): string {
    return join(this.root, `${keyOf(owner, name)}.git`);
  }

  /** Whether anything was pushed to it. */
  hasCommits({ owner, name }: Pick<Repository, 'owner' | 'name'>): boolean {
    return readdirSync(join(this.folderOf(owner, name), 'refs/heads')).length > 0;
  }

  /** Whether the account of a token, or an organisation of it, has the repository. */
  isOwn({ login, organizations = [] }: FakeToken, { owner }: Pick<Repository, 'owner'>): boolean {
    return [login, ...organizations].some((own) => own.toLowerCase() === owner.toLowerCase());
  }
}

/** GitHub keeps names as they were given, and compares them without regard to case. */
export function keyOf(owner: string, name: string): string {
  return `${owner}/${name}`.toLowerCase();
}

import { createHash } from 'node:crypto';
import { slug } from './project-name.ts';

/** Machines and stores of other people that a project may be put on. */
export const REMOTE_NAMES = ['daytona', 'fly', 'github', 's3'] as const;
export type RemoteName = (typeof REMOTE_NAMES)[number];

/** What people call them. */
export const REMOTE_TITLES: Readonly<Record<RemoteName, string>> = {
  daytona: 'Daytona',
  fly: 'Fly.io',
  github: 'GitHub',
  s3: 'S3',
};

/** The variables that a remote's token is read from. */
export const TOKEN_VARIABLES: Readonly<Record<RemoteName, readonly string[]>> = {
  daytona: ['DAYTONA_API_KEY'],
  fly: ['FLY_API_TOKEN'],
  github: ['GITHUB_TOKEN'],
  s3: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
};

/** The command of a shell that sets the tokens of these remotes. */
export const exportTokens = (remotes: readonly RemoteName[]): string =>
  `export ${remotes.flatMap((remote) => TOKEN_VARIABLES[remote].map((name) => `${name}=…`)).join(' ')}`;

/** One thing that was looked at before anything is made: a token, a scope, an organisation. Never a secret. */
export interface RemoteCheck {
  readonly remote: RemoteName;
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
  /** What mends it: the exact scope to give, for one. */
  readonly hint?: string;
}

/** One thing that would be made, or was found and would be used. */
export interface PlannedThing {
  readonly remote: RemoteName;
  /** `app`, `machine`, `sandbox`, `repository`, `bucket` … */
  readonly kind: string;
  readonly name: string;
  /** `adopt`: it is there already and is ours. `keep`: it is there and stays as it is. */
  readonly action: 'create' | 'adopt' | 'update' | 'keep';
  readonly detail?: string;
  /** US dollars a month by the list of the service, if it runs all the time, without traffic; null: not known. */
  readonly monthlyUsd: number | null;
  /** For what does not stay: US dollars an hour. It is in no sum of months. */
  readonly hourlyUsd?: number;
  /** The day of the list that the price is from, as YYYY-MM-DD. */
  readonly pricesOf?: string;
}

/** What a plan costs a month in US dollars; `isWhole` is false when a price in it is not known. */
export interface MonthlyCost {
  readonly usd: number;
  readonly isWhole: boolean;
}

/** What is shown before anything is made. What is applied has the same hash, or nothing is. */
export interface RemotePlan {
  readonly things: readonly PlannedThing[];
  readonly cost: MonthlyCost;
  /** sha256 (hex) of what is planned, whatever order it was said in and whatever it costs. */
  readonly hash: string;
}

/** The plan of these things. */
export function remotePlan(things: readonly PlannedThing[]): RemotePlan {
  const lines = things.map(({ remote, kind, name, action, detail = '' }) =>
    JSON.stringify([remote, kind, name, action, detail]),
  );
  const hash = createHash('sha256').update(lines.sort().join('\n')).digest('hex');
  return { things, cost: monthlyCost(things), hash };
}

function monthlyCost(things: readonly PlannedThing[]): MonthlyCost {
  const staying = things.filter(({ hourlyUsd }) => hourlyUsd === undefined);
  const cents = staying.reduce((sum, { monthlyUsd }) => sum + Math.round((monthlyUsd ?? 0) * 100), 0);
  return { usd: cents / 100, isWhole: staying.every(({ monthlyUsd }) => monthlyUsd !== null) };
}

/** The label that says whose a sandbox, a machine or an object is; its value is the id of the project. */
export const PROJECT_LABEL = 'turbobackend/project';

/** Where a project is wished to be, beside this machine; what is left out is not wished. */
export interface RemoteWishes {
  /** A sandbox in which it is installed, built and tried; `keep`: it stays when all went well. */
  readonly daytona?: { readonly keep: boolean };
  readonly fly?: { readonly app: string | null; readonly region: string };
  /** Without an owner: the account of the token. */
  readonly github?: { readonly owner: string | null; readonly name: string | null; readonly isPublic: boolean };
  readonly s3?: { readonly bucket: string };
}

/** The remotes that are wished, in the order they are used. */
export function wishedRemotes(wishes: RemoteWishes): readonly RemoteName[] {
  return REMOTE_NAMES.filter((name) => wishes[name] !== undefined);
}

const MAX_APP_NAME = 40;

/**
 * Name of a project's app: readable, and nobody else's, since it carries half of the project's id. Apps share one space of
 * names all over the world.
 */
export function appName(project: { readonly id: string; readonly name: string }): string {
  const readable = slug(project.name).slice(0, MAX_APP_NAME).replace(/-+$/, '');
  return `${readable === '' ? 'backend' : readable}-${project.id.slice(0, 8)}`;
}

/** Name of a project's sandbox. */
export function sandboxName(projectId: string): string {
  return `turbobackend-${projectId}`;
}

/** Name of the sandbox in which what a model writes for a project is tried. */
export function writingSandboxName(projectId: string): string {
  return `${sandboxName(projectId)}-writing`;
}

/** Below which everything of ours lies in a bucket: a key may be good for that alone. */
export const OBJECTS_PLACE = 'turbobackend/';

/** Below which the objects of a project lie in a bucket. */
export function objectPrefix(projectId: string): string {
  return `${OBJECTS_PLACE}${projectId}/`;
}

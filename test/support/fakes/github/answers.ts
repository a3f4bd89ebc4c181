import type { Reply } from '../faults.ts';

/** A repository as the fake keeps it. */
export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly description: string | null;
  readonly createdAt: Date;
  isArchived: boolean;
}

export interface Addresses {
  readonly api: string;
  readonly server: string;
}

const DOCS = 'https://docs.github.com/rest';

/** As GitHub says it, with the headers that every answer of it has. */
export function answer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      date: new Date().toUTCString(),
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4990',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
      'x-github-request-id': 'FAKE:0000',
      ...headers,
    },
    body: JSON.stringify(value),
  };
}

export function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return answer(status, { message, documentation_url: DOCS, status: String(status) }, headers);
}

/** A value that was refused, and why. */
export function invalid(message: string, field: string, reason: string): Reply {
  const errors = [{ resource: 'Repository', code: 'custom', field, message: reason }];
  return answer(422, { message, errors, documentation_url: DOCS });
}

function simpleUser(login: string, { api, server }: Addresses): Record<string, unknown> {
  const url = `${api}/users/${login}`;
  return {
    login,
    id: 1000 + login.length,
    node_id: 'VVNFUg==',
    avatar_url: `${server}/avatars/${login}`,
    gravatar_id: '',
    url,
    html_url: `${server}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  };
}

/** The account of a token, as only itself sees it. */
export function privateUser(login: string, addresses: Addresses): Record<string, unknown> {
  const nothing = ['name', 'company', 'location', 'email', 'hireable', 'bio'].map((name) => [name, null]);
  const none = [
    ...['public_repos', 'public_gists', 'followers', 'following', 'private_gists', 'total_private_repos'],
    ...['owned_private_repos', 'disk_usage', 'collaborators'],
  ].map((name) => [name, 0]);
  return {
    ...simpleUser(login, addresses),
    ...Object.fromEntries([...nothing, ...none]),
    blog: '',
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
    two_factor_authentication: true,
  };
}

const LISTS = [
  ...['assignees', 'branches', 'collaborators', 'comments', 'commits', 'compare', 'contents', 'git_commits'],
  ...['git_refs', 'git_tags', 'issue_comment', 'issue_events', 'issues', 'keys', 'labels', 'milestones'],
  ...['notifications', 'pulls', 'releases', 'statuses', 'trees', 'archive', 'blobs', 'contributors', 'deployments'],
  ...['downloads', 'events', 'forks', 'hooks', 'languages', 'merges', 'stargazers', 'subscribers', 'subscription'],
  ...['tags', 'teams'],
];
const COUNTS = ['forks', 'forks_count', 'open_issues', 'open_issues_count', 'size', 'stargazers_count'].concat([
  ...['watchers', 'watchers_count', 'network_count', 'subscribers_count'],
]);

/** A repository, with what the one who asks may do in it. */
export function fullRepository(
  repository: Repository,
  addresses: Addresses,
  { isOwn }: { readonly isOwn: boolean },
): Record<string, unknown> {
  const { owner, name, id, isPrivate, description, createdAt } = repository;
  const url = `${addresses.api}/repos/${owner}/${name}`;
  const web = `${addresses.server}/${owner}/${name}`;
  const at = createdAt.toISOString().replace(/\.\d{3}/, '');
  return {
    ...Object.fromEntries(LISTS.map((list) => [`${list}_url`, `${url}/${list}`])),
    ...Object.fromEntries(COUNTS.map((count) => [count, 0])),
    id,
    node_id: `R_${id}`,
    name,
    full_name: `${owner}/${name}`,
    owner: simpleUser(owner, addresses),
    private: isPrivate,
    visibility: isPrivate ? 'private' : 'public',
    html_url: web,
    url,
    clone_url: `${web}.git`,
    git_url: `git://127.0.0.1/${owner}/${name}.git`,
    ssh_url: `git@127.0.0.1:${owner}/${name}.git`,
    svn_url: web,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    description,
    fork: false,
    archived: repository.isArchived,
    disabled: false,
    default_branch: 'main',
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    permissions: { admin: isOwn, maintain: isOwn, push: isOwn, triage: isOwn, pull: true },
    created_at: at,
    updated_at: at,
    pushed_at: at,
  };
}

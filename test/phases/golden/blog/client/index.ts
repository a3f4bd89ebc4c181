import {
  type Changeable,
  type Creatable,
  type EqualFilter,
  type OrderedFilter,
  type Page,
  type Readable,
  type Removable,
  type Sorted,
  type TextFilter,
  table,
} from './resource.ts';
import { type ClientOptions, transport } from './transport.ts';

export { ApiError } from './transport.ts';

export type PostStatus = 'draft' | 'published';

/** People who write. */
export interface User {
  id: string;
  email: string;
  name: string;
  created_at: number;
  updated_at: number;
}

/** What `include` adds. */
export interface UserRelations {
  posts: Page<Post>;
}

export interface UserCreate {
  email: string;
  name: string;
  password: string;
}

export type UserReplace = UserCreate;

export type UserPatch = Partial<UserReplace>;

export interface UserFilters {
  id?: TextFilter;
  email?: TextFilter;
  name?: TextFilter;
  created_at?: OrderedFilter<number>;
  updated_at?: OrderedFilter<number>;
}

export interface UserShapes {
  row: User;
  relations: UserRelations;
  where: UserFilters;
  sort: Sorted<UserFilters>;
  key: string;
  create: UserCreate;
  replace: UserReplace;
  patch: UserPatch;
  nested: {
    posts: PostShapes;
  };
}

/** Articles. */
export interface Post {
  id: string;
  author_id: string;
  title: string;
  slug: string;
  body: string | null;
  status: PostStatus;
  views: number;
  created_at: number;
  updated_at: number;
}

/** What `include` adds. */
export interface PostRelations {
  author: User | null;
  post_tags: Page<PostTag>;
}

export interface PostCreate {
  author_id: string;
  title: string;
  slug: string;
  body?: string | null;
  status?: PostStatus;
  views?: number;
}

export type PostReplace = PostCreate;

export type PostPatch = Partial<PostReplace>;

export interface PostFilters {
  id?: TextFilter;
  author_id?: TextFilter;
  title?: TextFilter;
  slug?: TextFilter;
  body?: TextFilter;
  status?: EqualFilter<PostStatus>;
  views?: OrderedFilter<number>;
  created_at?: OrderedFilter<number>;
  updated_at?: OrderedFilter<number>;
}

export interface PostShapes {
  row: Post;
  relations: PostRelations;
  where: PostFilters;
  sort: Sorted<PostFilters>;
  key: string;
  create: PostCreate;
  replace: PostReplace;
  patch: PostPatch;
  nested: {
    post_tags: PostTagShapes;
  };
}

/** A row. */
export interface Tag {
  id: string;
  name: string;
}

/** What `include` adds. */
export interface TagRelations {
  post_tags: Page<PostTag>;
}

export interface TagCreate {
  name: string;
}

export type TagReplace = TagCreate;

export type TagPatch = Partial<TagReplace>;

export interface TagFilters {
  id?: TextFilter;
  name?: TextFilter;
}

export interface TagShapes {
  row: Tag;
  relations: TagRelations;
  where: TagFilters;
  sort: Sorted<TagFilters>;
  key: string;
  create: TagCreate;
  replace: TagReplace;
  patch: TagPatch;
  nested: {
    post_tags: PostTagShapes;
  };
}

/** A row. */
export interface PostTag {
  post_id: string;
  tag_id: string;
}

/** What `include` adds. */
export interface PostTagRelations {
  post: Post | null;
  tag: Tag | null;
}

export interface PostTagCreate {
  post_id: string;
  tag_id: string;
}

export interface PostTagFilters {
  post_id?: TextFilter;
  tag_id?: TextFilter;
}

export interface PostTagShapes {
  row: PostTag;
  relations: PostTagRelations;
  where: PostTagFilters;
  sort: Sorted<PostTagFilters>;
  key: { post_id: string; tag_id: string };
  create: PostTagCreate;
  replace: never;
  patch: never;
  nested: Record<never, never>;
}

export interface Client {
  readonly users: Readable<UserShapes> &
    Creatable<UserShapes> &
    Changeable<UserShapes> &
    Removable<UserShapes>;
  readonly posts: Readable<PostShapes> &
    Creatable<PostShapes> &
    Changeable<PostShapes> &
    Removable<PostShapes>;
  readonly tags: Readable<TagShapes> &
    Creatable<TagShapes> &
    Changeable<TagShapes> &
    Removable<TagShapes>;
  readonly postTags: Readable<PostTagShapes> & Creatable<PostTagShapes> & Removable<PostTagShapes>;
}

/** A client of the server at `baseUrl`. */
export function createClient(options: ClientOptions): Client {
  const send = transport(options);
  return {
    users: table<UserShapes>(send, '/users', ['id']),
    posts: table<PostShapes>(send, '/posts', ['id']),
    tags: table<TagShapes>(send, '/tags', ['id']),
    postTags: table<PostTagShapes>(send, '/post-tags', ['post_id', 'tag_id']),
  };
}

/** What the hand-written servers of `bench:api` have in common: their SQL, and what they answer. One copy, so that only the server differs. */
import pg from 'pg';

// As numbers, like those of the generated server.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const COLUMNS = 'id, author_id, title, slug, body, status, views, created_at, updated_at';

export interface Post {
  readonly id: string;
  readonly created_at: number;
}

export interface NewPost {
  readonly author_id: string;
  readonly title: string;
  readonly slug: string;
  readonly body: string | null;
  readonly status: string;
}

/** Everybody's way to pg: a pool of its default size, statements prepared by name. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

export async function findPost(id: string): Promise<Post | undefined> {
  const text = `select ${COLUMNS} from app.posts where id = $1`;
  return (await pool.query<Post>({ name: 'find', text, values: [id] })).rows[0];
}

export async function listPosts(limit: number, status: string | null): Promise<object> {
  const rows = status === null ? await allPosts(limit + 1) : await postsWith(status, limit + 1);
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last ? cursorAt(last) : null };
}

async function allPosts(limit: number): Promise<Post[]> {
  const text = `select ${COLUMNS} from app.posts order by created_at, id limit $1`;
  return (await pool.query<Post>({ name: 'list', text, values: [limit] })).rows;
}

async function postsWith(status: string, limit: number): Promise<Post[]> {
  const text = `select ${COLUMNS} from app.posts where status = $1 order by created_at, id limit $2`;
  return (await pool.query<Post>({ name: 'with', text, values: [status, limit] })).rows;
}

function cursorAt({ created_at, id }: Post): string {
  return Buffer.from(JSON.stringify(['posts ', String(created_at), id])).toString('base64url');
}

export async function createPost(id: string, post: NewPost): Promise<Post | undefined> {
  const text = `insert into app.posts (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`;
  const now = Math.floor(Date.now() / 1000);
  const values = [id, post.author_id, post.title, post.slug, post.body, post.status, 0, now, now];
  return (await pool.query<Post>({ name: 'create', text, values })).rows[0];
}

export const port = Number(process.env.PORT);
export const logRequests = process.env.LOG_REQUESTS !== 'false';

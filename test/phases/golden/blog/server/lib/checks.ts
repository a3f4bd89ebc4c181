/** Name of a check constraint → its fields, and what is wrong with each when it is broken. */
export const checks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  users_name_check: { name: 'is out of its limits' },
  posts_views_check: { views: 'is out of its limits' },
};

/** Name of a primary, unique or foreign key → its columns. */
export const keys: Readonly<Record<string, readonly string[]>> = {
  users_pkey: ['id'],
  users_email_key: ['email'],
  posts_pkey: ['id'],
  posts_slug_key: ['slug'],
  posts_author_id_fkey: ['author_id'],
  tags_pkey: ['id'],
  tags_name_key: ['name'],
  post_tags_pkey: ['post_id', 'tag_id'],
  post_tags_post_id_fkey: ['post_id'],
  post_tags_tag_id_fkey: ['tag_id'],
};

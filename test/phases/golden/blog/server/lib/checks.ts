/** Name of a check constraint → its fields, and what is wrong with each when it is broken. */
export const checks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  users_name_check: {
    name: 'is out of its limits',
  },
  posts_views_check: {
    views: 'is out of its limits',
  },
};

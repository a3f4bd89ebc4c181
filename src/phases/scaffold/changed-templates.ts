/** What is said where a project is made of templates that somebody edited. */
export function changedTemplates(changed: readonly string[]): string {
  const [first = ''] = changed;
  const what = changed.length === 1 ? `${first} is` : `${first} and ${changed.length - 1} more of our templates are`;
  return `${what} not as turbobackend came with it: the project is made of what is there now (turbobackend doctor)`;
}

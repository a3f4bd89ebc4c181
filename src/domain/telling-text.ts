/** A description, or nothing when it only says the name again: `Display name.` of `display_name`. */
export function tellingText(name: string, description: string): string {
  const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  return letters(description) === letters(name) ? '' : description;
}

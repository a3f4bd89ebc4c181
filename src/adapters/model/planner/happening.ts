/** Nouns for things that happen: `inspection`, `treatment`, `harvest`, `feeding`. */
const HAPPENING = /(tion|sion|ment|ing|harvest|visit|check|result|session|log|entry|record|reading|event|dose|change)$/;

/** True for a noun that names something that happens, at a time, to something else. */
export function isHappening(name: string): boolean {
  return (
    HAPPENING.test(name) &&
    !/(^|_)(building|painting|potion|exhibition|edition|nation|station|section|collection|instrument|document|equipment|ring|string|king|wing|medication|plantation|spring|apartment|department|organization|organisation|question|option)$/.test(
      name,
    )
  );
}

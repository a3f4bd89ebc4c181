/** A column of which nothing is said but its name and type, with every field of an answer of a model. */
export const PLAIN_COLUMN = {
  description: '',
  nullable: false,
  default: null,
  unique: false,
  primaryKey: false,
  references: null,
  check: null,
  sensitive: false,
  protected: false,
} as const;

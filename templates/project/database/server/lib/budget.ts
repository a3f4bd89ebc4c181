/**
 * How many bytes one SELECT may bring, and how many characters of JSON a page may have; a page of larger rows has fewer
 * of them. A hundred rows of a megabyte each would be more than a small machine has.
 */
export const MAX_PAGE_LENGTH = 8 * 1024 * 1024;

/** The last row of a result that was cut: others would follow. */
export const MORE = Object.freeze({});

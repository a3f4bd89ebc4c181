/** Does the work for every item, so many at once, and gives what came of it in the order of the items. The first failure counts. */
export async function sideBySide<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const waiting = items.entries();
  const lane = async () => {
    for (const [index, item] of waiting) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return [...results].sort(([one], [other]) => one - other).map(([, result]) => result);
}

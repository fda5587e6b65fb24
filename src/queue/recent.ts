/** The things used last, by name. */
export interface Recent<T> {
  /** The thing of a name; made when it is not among the last ones. What fails to be made is not kept. */
  get(name: string): Promise<T>;
  /** Gives a thing up, as if it had not been used for long. */
  drop(name: string): Promise<void>;
  clear(): Promise<void>;
}

interface Entry<T> {
  readonly made: Promise<T>;
  weight: number;
}

/**
 * @param limit of the sum of the weights; the last one is kept whatever its weight
 * @param discard called with each thing that is given up
 */
export function createRecent<T>(
  limit: number,
  make: (name: string) => Promise<{ readonly thing: T; readonly weight: number }>,
  discard: (thing: T) => Promise<void> = async () => {},
): Recent<T> {
  const entries = new Map<string, Entry<T>>();
  let sum = 0;

  const drop = async (name: string): Promise<void> => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    sum -= entry.weight;
    const thing = await entry.made.catch(() => undefined);
    if (thing !== undefined) await discard(thing);
  };

  const start = (name: string): Entry<T> => {
    const made = make(name).then(({ thing, weight }) => {
      if (entries.get(name) === entry) {
        entry.weight = weight;
        sum += weight;
      }
      return thing;
    });
    const entry: Entry<T> = { made, weight: 0 };
    made.catch(() => {
      if (entries.get(name) === entry) entries.delete(name);
    });
    return entry;
  };

  return {
    async get(name) {
      const entry = entries.get(name) ?? start(name);
      entries.delete(name);
      entries.set(name, entry);
      const thing = await entry.made;
      while (sum > limit && entries.size > 1) await drop(entries.keys().next().value!);
      return thing;
    },
    drop,
    async clear() {
      await Promise.all([...entries.keys()].map(drop));
    },
  };
}

/**
 * The same value, which tells of every member that is asked for: its steps, with `[]` for an entry of a list and `*` where the
 * names of all members are asked for.
 */
export function recordReads<T>(value: T, onRead: (steps: readonly string[]) => void, steps: readonly string[] = []): T {
  if (typeof value !== 'object' || value === null) return value;
  const isList = Array.isArray(value);
  const below = (key: PropertyKey): readonly string[] | undefined => {
    if (typeof key === 'symbol') return undefined;
    if (!isList) return [...steps, String(key)];
    return /^\d+$/.test(String(key)) ? [...steps, '[]'] : undefined;
  };
  const tell = (key: PropertyKey): void => {
    const path = below(key);
    if (path !== undefined) onRead(path);
  };
  return new Proxy(value, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      const path = below(key);
      if (path === undefined) return member;
      onRead(path);
      return recordReads(member, onRead, path);
    },
    has: (target, key) => {
      tell(key);
      return Reflect.has(target, key);
    },
    getOwnPropertyDescriptor: (target, key) => {
      tell(key);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
    ownKeys: (target) => {
      if (!isList) onRead([...steps, '*']);
      return Reflect.ownKeys(target);
    },
  });
}

/** A small memory that survives restarts. Keys expire; nothing is kept for ever. Values are plain JSON data. */
export interface Store {
  get<T>(key: string): Promise<T | undefined>
  set(key: string, value: unknown, ttlSeconds: number): Promise<void>
  /** Adds to a counter and returns the new value. The window starts with the first addition. */
  add(key: string, amount: number, ttlSeconds: number): Promise<number>
}

/** A part of a store that nobody else sees: its keys get a name in front. */
export function partOf(store: Store, name: string): Store {
  return {
    get: key => store.get(`${name}\n${key}`),
    set: (key, value, ttlSeconds) => store.set(`${name}\n${key}`, value, ttlSeconds),
    add: (key, amount, ttlSeconds) => store.add(`${name}\n${key}`, amount, ttlSeconds),
  }
}

/** Goes on when a value is there: at once, when it is there already. A promise costs a turn, and most answers need none. */
export function afterwards<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

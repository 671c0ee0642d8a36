/**
 * Takes the chunks of a message one after the other, until something comes of one. Those that are in memory cost no
 * turn of the event loop each.
 */
export async function eachChunk<T>(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  take: (chunk: Buffer) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  if (Symbol.asyncIterator in chunks) {
    for await (const chunk of chunks) {
      const outcome = await take(chunk)
      if (outcome) return outcome
    }
    return undefined
  }
  for (const chunk of chunks) {
    const taken = take(chunk)
    const outcome = taken instanceof Promise ? await taken : taken
    if (outcome) return outcome
  }
  return undefined
}

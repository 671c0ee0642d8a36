import { setImmediate } from 'node:timers/promises'
import type { Message } from '../../mail/message.ts'
import type { BodyHashes } from './body-hashes.ts'

/** After so many hashed bytes others are served: that is a few milliseconds. */
const bytesPerTurn = 1024 * 1024
const pieceBytes = 64 * 1024

/** Reads the body of a message for all its hashes. */
export async function hashBody(message: Message, bodyStart: number, hashes: BodyHashes): Promise<void> {
  let [at, hashed] = [0, 0]
  for await (const chunk of message.chunks()) {
    const body = at < bodyStart ? chunk.subarray(bodyStart - at) : chunk
    at += chunk.length
    for (let start = 0; start < body.length; start += pieceBytes) {
      if (hashed >= bytesPerTurn) {
        await setImmediate()
        hashed = 0
      }
      const piece = body.subarray(start, start + pieceBytes)
      hashes.write(piece)
      hashed += piece.length * hashes.count
    }
  }
  hashes.end()
}

import type { Readable } from 'node:stream'

const newline = 10
/** More without a line end is no line of ours. */
const mostBytes = 4 * 1024 * 1024

/**
 * Hands on what comes out of a process in whole lines, several at a time: so lines of several processes never mix, and half a
 * line of one that dies is nobody's.
 */
export function relayLines(from: Readable, write: (lines: string) => void): void {
  let rest: Buffer[] = []
  let length = 0
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(newline) + 1
    if (end > 0) {
      write(Buffer.concat([...rest, chunk.subarray(0, end)]).toString())
      rest = []
      length = 0
    }
    length += chunk.length - end
    if (length > mostBytes) rest = []
    else if (end < chunk.length) rest.push(chunk.subarray(end))
  })
}

/** What it costs to read a message as it comes in, in milliseconds of CPU for each MB: `bench/data-parser.ts`. */
import { DataParser } from '../src/smtp/data-parser.ts'
import { defaultLimits } from '../src/smtp/limits.ts'

const chunkBytes = 64 * 1024
const rounds = 50
const line = `${'x'.repeat(74)}\r\n`
const message = Buffer.from(`From: a\r\nTo: b\r\n\r\n${line.repeat(13_800)}`)
const megabytes = message.length / 1_000_000
const chunks = Array.from({ length: Math.ceil(message.length / chunkBytes) }, (_, at) =>
  message.subarray(at * chunkBytes, (at + 1) * chunkBytes),
)
const texts = chunks.map(chunk => chunk.toString('latin1'))

const searches: Readonly<Record<string, RegExp>> = {
  'a CR alone': /\r(?!\n)/,
  'an LF alone': /(?<!\r)\n/,
  'either alone': /\r(?!\n)|(?<!\r)\n/,
}

measure('all of it', () => {
  const parser = new DataParser(defaultLimits, 'strict', () => {})
  for (const chunk of chunks) parser.write(chunk)
})
for (const [what, pattern] of Object.entries(searches)) {
  measure(`looking for ${what}`, () => {
    for (const text of texts) pattern.test(text)
  })
}

function measure(what: string, work: () => void): void {
  for (let round = 0; round < rounds; round += 1) work()
  const begun = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) work()
  const { user, system } = process.cpuUsage(begun)
  console.log(`${what.padEnd(28)} ${((user + system) / 1000 / rounds / megabytes).toFixed(2)} ms`)
}

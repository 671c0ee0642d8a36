#!/usr/bin/env node
// Only this: whatever else is imported may need what an older Node does not have, and fail without a word of sense.
const needed = 24
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < needed) {
  process.stderr.write(`Postern needs Node ${needed} or later, found ${process.versions.node}\n`)
  process.exitCode = 2
} else {
  const { main } = await import('./program.ts')
  await main(process.argv)
}

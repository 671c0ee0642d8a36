// Plays the sessions of the corpus `realworld` again, by the default set, and writes docs/realworld.md.
import { writeFile } from 'node:fs/promises'
import { page } from './realworld/page.ts'
import { defaultRules, replayAll } from './realworld/replay.ts'
import { hasCorpus } from './realworld/sessions.ts'

if (!hasCorpus) {
  console.error('needs ../shared/corpora/realworld, which is not ours to hand on')
  process.exit(1)
}
const results = await replayAll({ rules: await defaultRules(), mode: 'enforce' })
await writeFile(new URL('../docs/realworld.md', import.meta.url), page(results))
console.log(`${results.length} sessions replayed: docs/realworld.md`)

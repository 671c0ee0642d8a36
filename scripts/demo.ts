/** `npm run demo`: messages from different clients, over real connections, through a real gateway, and what becomes of each. */
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Trace } from '../src/engine/trace.ts'
import { explain } from '../src/report/explain.ts'
import { perform } from './demo/perform.ts'
import { fateLine, howToSend, surprise, whereToLook } from './demo/print.ts'
import { explained, scenes } from './demo/scenes.ts'
import { type Stage, setStage } from './demo/stage.ts'

// What ends this ends the gateway too.
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
process.exitCode = await demo({ stay: process.argv.includes('--stay') })

async function demo({ stay }: { readonly stay: boolean }): Promise<number> {
  const stage = await setStage(await mkdtemp(join(tmpdir(), 'postern-demo-')))
  try {
    const { traces, surprises } = await performAll(stage)
    const refusal = traces.get(explained)
    if (refusal)
      console.log(`\nWhy "${explained}" was refused:\n\n${explain({ trace: refusal, mode: 'enforce', concerns: () => true })}`)
    console.log(whereToLook(stage))
    if (stay) await keepRunning(stage)
    if (surprises > 0) console.error(`\n${surprises} came out otherwise than expected.`)
    return surprises > 0 ? 1 : 0
  } finally {
    await stage.close()
  }
}

async function keepRunning(stage: Stage): Promise<void> {
  console.log(howToSend(stage))
  await once(process, 'SIGINT')
}

async function performAll(stage: Stage) {
  const traces = new Map<string, Trace>()
  let surprises = 0
  for (const scene of scenes) {
    const { trace, fates } = await perform(stage, scene)
    traces.set(scene.title, trace)
    for (const fate of fates) console.log(fate.asExpected ? fateLine(fate) : `${fateLine(fate)}\n${surprise(fate)}`)
    const met = fates.filter(({ asExpected }) => asExpected).length
    surprises += Object.keys(scene.recipients).length - met
  }
  return { traces, surprises }
}

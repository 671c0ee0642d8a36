import { resolve } from 'node:path'
import type { Trace } from '../engine/trace.ts'
import { fateOf } from '../report/summary.ts'
import { visible, visibleJson } from '../report/visible.ts'
import type { Account } from './trace-account.ts'

/**
 * A test file that judges a transaction again by the configuration and expects what becomes of it now: it is green as it is,
 * and turns red when a change of the rules would treat such mail otherwise. Nothing when there was no mail to judge.
 */
export function traceTest({ trace, now, flips, remembered = [] }: Account, file: string | undefined): string | undefined {
  if (!flips) return undefined
  const { lookups: _, ...rest } = trace
  const expect = Object.fromEntries((now ?? trace.recipients).map(recipient => [recipient.address, fateOf(recipient)]))
  const then = now ? trace.recipients.map(recipient => `// Then: <${recipient.address}> ${fateOf(recipient)}\n`) : []
  return `import { testTrace } from 'postern/testing'

${then.map(line => visible(line.trimEnd())).join('\n')}${then.length > 0 ? '\n' : ''}testTrace(${visibleJson(titleOf(trace))}, {
${file === undefined ? '' : `  configuration: ${visibleJson(resolve(file))},\n`}  expect: ${indented(expect)},
${remembered.length === 0 ? '' : `  remembered: ${indented(remembered)},\n`}  trace: ${indented(rest)},
})
`
}

function titleOf({ id, sender, session }: Trace): string {
  return `${id}: mail of <${sender ?? ''}> from ${session.client.ip}`
}

function indented(value: unknown): string {
  return visibleJson(value, 2).replaceAll('\n', '\n  ')
}

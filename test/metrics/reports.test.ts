import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseExposition, totalOf } from '../../fixtures/exposition.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { expose } from '../../src/metrics/report.ts'
import { Reports } from '../../src/metrics/reports.ts'

const build = { version: '1', configuration: 'x', mode: 'enforce' } as const

async function reported(times: number) {
  const metrics = new Metrics(build)
  for (let count = 0; count < times; count++) metrics.meter.phase('mail', 5)
  return metrics.report()
}

async function judged(reports: Reports): Promise<number | undefined> {
  return totalOf(parseExposition((await expose(reports.all)).text), 'postern_phase_seconds_count', { phase: 'mail' })
}

it('what a worker had counted that is gone stays in the sum', async () => {
  const reports = new Reports()
  reports.note('1', await reported(3))
  reports.note('2', await reported(4))
  await reports.keep(['1', '2'])
  assert.equal(await judged(reports), 7)
  await reports.keep(['1'])
  assert.equal(await judged(reports), 7)
  reports.note('3', await reported(1))
  await reports.keep(['3'])
  assert.equal(await judged(reports), 8)
})

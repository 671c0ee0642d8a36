import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask } from '../../fixtures/exposition.ts'
import { startWatched, type Watched } from '../functional/watched.ts'
import { alertsFile, dashboardQueries } from '../functional/watched-queries.ts'
import { needs, pathOf } from './support/needs.ts'
import { Prometheus } from './support/prometheus.ts'
import { mustRun } from './support/run.ts'
import { until } from './support/wait.ts'

const skip = needs('prometheus', 'promtool')

describe('Prometheus', { skip }, () => {
  let watched: Watched
  let prometheus: Prometheus
  before(async () => {
    watched = await startWatched()
    prometheus = await Prometheus.start(watched.metricsPort)
    await until('the first samples', async () => ((await prometheus.query('postern_ready')).length > 0 ? true : undefined))
    await watched.traffic()
    await watched.sendGood()
  })
  after(async () => {
    await prometheus.stop()
    await watched[Symbol.asyncDispose]()
  })

  for (const { title, query } of dashboardQueries('1m')) {
    it(`finds what the dashboard shows: ${title}`, async () => {
      await until(query, async () => ((await prometheus.query(query)).length > 0 ? true : undefined))
    })
  }

  it('can evaluate all alerts, and those are up that should be', async () => {
    await mustRun(pathOf('promtool'), ['check', 'rules', alertsFile])
    await until('the alerts', async () => {
      const alerts = await prometheus.alerts()
      const isUp = (name: string, label: string, value: string) =>
        alerts.some(({ labels }) => labels.alertname === name && labels[label] === value)
      return isUp('PosternNextHopDown', 'hop', 'smtp://127.0.0.1:1') && isUp('PosternListUnusable', 'zone', 'broken.test')
        ? true
        : undefined
    })
    const rules = await prometheus.rules()
    assert.ok(rules.length > 10)
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    )
    const names = new Set((await prometheus.alerts()).map(({ labels }) => labels.alertname))
    for (const quiet of ['PosternDown', 'PosternNotReady', 'PosternRuleBroken', 'PosternConfigurationBroken']) {
      assert.ok(!names.has(quiet), quiet)
    }
  })

  it('its linter has nothing to say of our own metrics', async () => {
    const { text } = await ask(watched.metricsPort, '/metrics')
    const own = text.split('\n').filter(line => /^(?:# (?:HELP|TYPE) )?postern_/.test(line))
    await mustRun(pathOf('promtool'), ['check', 'metrics'], { input: `${own.join('\n')}\n` })
  })
})

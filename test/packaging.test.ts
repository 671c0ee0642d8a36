import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { readConfiguration } from '../src/cli/startup.ts'
import { formatProblem } from '../src/config/problem.ts'

const top = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(top, path), 'utf8')

describe('the systemd unit', () => {
  const settings = new Map(
    read('packaging/postern.service')
      .split('\n')
      .filter(line => /^[A-Z]\w+=/.test(line))
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

  test('has a user of its own, who may listen on port 25 and nothing else that root may do', () => {
    assert.equal(settings.get('User'), 'postern')
    assert.equal(settings.get('AmbientCapabilities'), 'CAP_NET_BIND_SERVICE')
    assert.equal(settings.get('CapabilityBoundingSet'), 'CAP_NET_BIND_SERVICE')
    assert.equal(settings.get('NoNewPrivileges'), 'yes')
  })

  test('sees a system that is read-only, without homes and devices', () => {
    assert.equal(settings.get('ProtectSystem'), 'strict')
    for (const name of ['ProtectHome', 'PrivateTmp', 'PrivateDevices', 'ProtectKernelTunables'])
      assert.equal(settings.get(name), 'yes')
  })

  test('reloads by SIGHUP, and has more time to stop than a message has to be finished', () => {
    assert.match(settings.get('ExecReload') ?? '', /kill -HUP \$MAINPID/)
    assert.ok(Number(settings.get('TimeoutStopSec')) > 30)
  })
})

describe('the image', () => {
  const dockerfile = read('Dockerfile')

  test('does not run as root', () => {
    assert.match(dockerfile, /\nUSER postern\n[\s\S]*ENTRYPOINT/)
  })

  test('is built from files that exist, and from all that the package holds', () => {
    const context = read('.dockerignore')
      .split('\n')
      .filter(line => line.startsWith('!'))
      .map(line => line.slice(1))
    const { files }: { readonly files: readonly string[] } = JSON.parse(read('package.json'))
    for (const path of context) assert.ok(existsSync(join(top, path)), path)
    for (const path of files.filter(path => path !== 'dist')) assert.ok(context.includes(path), path)
  })
})

test('the configuration of compose.yaml is without a fault', async () => {
  const checked = await readConfiguration(join(top, 'packaging/compose/postern.yaml'))
  assert.deepEqual('problems' in checked ? checked.problems.map(formatProblem) : [], [])
})

describe('documents', () => {
  const documents = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter(
    path => path.endsWith('.md') && !/^(?:node_modules|dist|data)\//.test(path),
  )

  for (const path of documents) {
    test(`${path} leads to files that exist`, () => {
      const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(link => join(dirname(path), link[1] ?? ''))
      const named = [...read(path).matchAll(/`((?:src|policies|test|docs|scripts|fixtures|packaging)\/[\w./-]*)`/g)].map(
        name => name[1] ?? '',
      )
      const missing = [...links, ...named].filter(target => !existsSync(join(top, target)))
      assert.deepEqual(missing, [])
    })
  }

  test('README is short enough to be read, and so is ARCHITECTURE', () => {
    assert.ok(read('README.md').split('\n').length <= 150)
    assert.ok(read('ARCHITECTURE.md').split('\n').length <= 200)
  })
})

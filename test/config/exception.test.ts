import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { withException } from '../../src/config/exception.ts'
import { loadConfiguration } from '../../src/config/load.ts'

const head = `# Our gateway
hostname: mx.our.example # the name
listen: [ { address: 127.0.0.1:0 } ]
relay:
  our.example: { to: maildir:mail }
`
const exception = { policy: 'allow', option: 'clients', entry: '192.0.2.1' }

async function edit(text: string, onTop = false, folder = '/nowhere') {
  const source = { file: join(folder, 'postern.yaml'), folder, text }
  const edit = await withException(source, exception, { onTop, note: 'rescued X.1' })
  if (edit && !edit.isList) assert.ok('value' in (await loadConfiguration({ ...source, text: edit.after })), edit.after)
  return edit
}

it('an exception goes into the list that there is, and comments stay', async () => {
  const rules = '# in this order\nrules:\n  - use: deny # first\n  - use: allow\n    options: { clients: [ 10.0.0.1 ] } # ours\n'
  assert.equal((await edit(head + rules))?.after, head + rules.replace('[ 10.0.0.1 ]', '[ 10.0.0.1, 192.0.2.1 ]'))
})

it('a rule without the list, or without options, gets one', async () => {
  for (const options of ['', '\n    options: { hosts: [ mx.our.example ] }']) {
    const { after } = (await edit(`${head}rules:\n  - use: allow${options}\n`)) ?? {}
    assert.match(after ?? '', /clients:\s+\[ 192\.0\.2\.1 \]/)
  }
})

it('rules in shadow mode, or for some recipients only, are not asked', async () => {
  assert.equal(
    await edit(`${head}rules:\n  - { use: allow, mode: shadow }\n  - { use: allow, to: [ bob@our.example ] }\n`),
    undefined,
  )
})

it('on top it is a rule of its own, with a note where it is from', async () => {
  const { after } = (await edit(`${head}rules:\n  - use: deny\n`, true)) ?? {}
  assert.match(
    after ?? '',
    /rules:\n {2}# rescued X\.1\n {2}- use: allow\n {4}options: \{ clients: \[ 192\.0\.2\.1 \] \}\n {2}- use: deny\n/,
  )
})

it('a list that others share is not changed for all of them', async () => {
  assert.equal(
    await edit(
      `${head}rules:\n  - use: allow\n    options: { clients: &ours [ 10.0.0.1 ] }\n  - { use: spf, options: { forwarders: *ours } }\n`,
    ),
    undefined,
  )
})

it('a configuration without rules gets the default ones, with their comments', async () => {
  const found = await edit(head)
  assert.equal(found?.copiesDefaults, true)
  assert.ok(found?.after.startsWith(head))
  assert.match(found?.after ?? '', /- use: allow\n {4}options: \{ clients: \[ 192\.0\.2\.1 \], hosts: \[\] \}/)
  assert.match(found?.after ?? '', /# SBL: seen by people/)
})

it('an exception goes into the file to which the rule refers', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-exception-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'allow.txt'), '10.0.0.1 # ours')
  const found = await edit(`${head}rules:\n  - { use: allow, options: { clients: { file: allow.txt } } }\n`, false, folder)
  assert.deepEqual([found?.file, found?.isList], [join(folder, 'allow.txt'), true])
  assert.equal(found?.after, '10.0.0.1 # ours\n192.0.2.1 # rescued X.1\n')
})

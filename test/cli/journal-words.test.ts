import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { lineChanges } from '../../src/cli/line-changes.ts'
import { parseMoment } from '../../src/cli/moment.ts'
import { replaceFile } from '../../src/cli/replace-file.ts'
import { parseId } from '../../src/cli/transaction-id.ts'

it('an id is known however it was written down', () => {
  for (const text of ['1N3Z8QK4F00A.1', '[1n3z8qk4f00a.1]', ' ln3z8qk4fOoa.1 '])
    assert.deepEqual(parseId(text), { id: '1N3Z8QK4F00A.1', isSession: false })
  assert.deepEqual(parseId('1N3Z8QK4F00A'), { id: '1N3Z8QK4F00A', isSession: true })
  for (const text of ['', '1N3Z8QK4F00', '1N3Z8QK4F00A.', "1N3Z8QK4F00A.1' OR 1", 'UN3Z8QK4F00A.1'])
    assert.equal(parseId(text), undefined, text)
})

it('a moment is so long ago, or a date', () => {
  const now = new Date('2026-11-24T12:00:00Z')
  const cases = {
    '2h': '2026-11-24T10:00:00.000Z',
    '30m': '2026-11-24T11:30:00.000Z',
    '7d': '2026-11-17T12:00:00.000Z',
    '2026-11-24': '2026-11-24T00:00:00.000Z',
    '2026-11-24 08:30': '2026-11-24T08:30:00.000Z',
    '2026-11-24T08:30:00+01:00': '2026-11-24T07:30:00.000Z',
  }
  for (const [text, expected] of Object.entries(cases)) assert.equal(parseMoment(text, now)?.toISOString(), expected)
  for (const text of ['', '2', 'h', '2026-13-01', 'yesterday', '-2h']) assert.equal(parseMoment(text, now), undefined, text)
})

it('changes are the lines that come and go, with what stands around them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].join('\n')
  assert.deepEqual(lineChanges({ before, after: before.replace('d', 'D\nnew') }), [
    '  b',
    '  c',
    '- d',
    '+ D',
    '+ new',
    '  e',
    '  f',
  ])
})

it('a file is replaced whole, with its mode, and the former one is kept', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-replace-'))
  t.after(() => rm(folder, { recursive: true }))
  const [file, link] = [join(folder, 'real.yaml'), join(folder, 'postern.yaml')]
  await writeFile(file, 'old')
  await chmod(file, 0o640)
  await symlink(file, link)
  assert.deepEqual(await replaceFile({ file: link, before: 'old', after: 'new' }, 'before-X.1'), { former: `${file}.before-X.1` })
  assert.deepEqual(
    [await readFile(link, 'utf8'), await readFile(`${file}.before-X.1`, 'utf8'), (await stat(file)).mode & 0o777],
    ['new', 'old', 0o640],
  )
  assert.match(
    JSON.stringify(await replaceFile({ file: link, before: 'old', after: 'newer' }, 'before-X.2')),
    /has changed meanwhile/,
  )
  assert.match(
    JSON.stringify(await replaceFile({ file: join(folder, 'none'), before: '', after: '' }, 'x')),
    /nothing is written: no /,
  )
  assert.deepEqual((await readdir(folder)).sort(), ['postern.yaml', 'real.yaml', 'real.yaml.before-X.1'])
})

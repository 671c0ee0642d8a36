import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { networkList, z } from 'postern'
import { parseDocument } from '../../src/config/document.ts'
import { check } from '../../src/config/issues.ts'
import { readListFiles } from '../../src/config/list-files.ts'
import { formatProblem } from '../../src/config/problem.ts'

const schema = z.strictObject({ clients: networkList, note: z.string().optional() })

describe('list files', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-lists-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function read(options: string) {
    const parsed = parseDocument('postern.yaml', `options: ${options}\n`)
    assert.ok('value' in parsed)
    const document = parsed.value
    const { options: given } = document.data as { readonly options: unknown }
    const result = await readListFiles({ document, at: ['options'], given, folder })
    if ('problems' in result) return { problems: result.problems.map(formatProblem) }
    const { files, locate } = result.value
    const checked = check({ document, at: ['options'], schema, given: result.value.given })
    if ('problems' in checked) return { problems: checked.problems.map(locate).map(formatProblem) }
    return { clients: checked.value.clients, files }
  }

  it('are read one entry a line, without comments', async () => {
    const file = join(folder, 'deny.txt')
    await writeFile(file, '\uFEFF# our enemies\r\n192.0.2.1\r\n\r\n  198.51.100.0/24   # a network\r\n')
    const { clients, files } = await read('{ clients: { file: deny.txt } }')
    assert.deepEqual([clients?.find('192.0.2.1'), clients?.find('198.51.100.9')], ['192.0.2.1', '198.51.100.0/24'])
    assert.deepEqual(files, [file])
  })

  it('report a bad entry by file and line', async () => {
    await writeFile(join(folder, 'bad.txt'), '# one\n192.0.2.1\n192.0.2.300\n')
    const { problems } = await read('{ clients: { file: bad.txt } }')
    assert.deepEqual(problems, [
      `${join(folder, 'bad.txt')}:3:1: options.clients[1]: expected an address, or a network such as 192.0.2.0/24, found "192.0.2.300"`,
    ])
  })

  it('report a file that cannot be read where it is named', async () => {
    const { problems } = await read('{ clients: { file: none.txt } }')
    assert.deepEqual(problems, [
      `postern.yaml:1:29: options.clients.file: expected a list that can be read, found no ${join(folder, 'none.txt')}`,
    ])
  })

  it('leave all other options as they are', async () => {
    const { clients, files } = await read('{ clients: [192.0.2.1], note: x }')
    assert.deepEqual([clients?.find('192.0.2.1'), files], ['192.0.2.1', []])
    assert.deepEqual((await read('{ clients: [192.0.2.x] }')).problems, [
      'postern.yaml:1:22: options.clients[0]: expected an address, or a network such as 192.0.2.0/24, found "192.0.2.x"',
    ])
  })
})

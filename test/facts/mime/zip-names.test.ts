import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zipNames } from '../../../src/facts/mime/zip-names.ts'
import { endOfDirectory, zip } from './zip.ts'

const list = (archive: Buffer, most = 1000) => zipNames(archive, { size: archive.length, most })
const complete = (...names: string[]) => ({ names, isComplete: true, isEncrypted: false })

/** zipfile of Python 3: two deflated files. */
const packedByPython = `UEsDBBQAAAAIAAAAIVijpFUNGwAAABAnAAAJAAAAbm90ZXMudHh07cEBDQAAAMKg2o9vDjegAAAAAAAAAAAA4N8AUEsDBBQA
AAgIAAAAIVhdm7CPBAAAAAIAAAANAAAAw7xuw69jb2RlLmV4ZfONAgBQSwECFAMUAAAACAAAACFYo6RVDRsAAAAQJwAACQAA
AAAAAAAAAAAAgAEAAAAAbm90ZXMudHh0UEsBAhQDFAAACAgAAAAhWF2bsI8EAAAAAgAAAA0AAAAAAAAAAAAAAIABQgAAAMO8
bsOvY29kZS5leGVQSwUGAAAAAAIAAgByAAAAcQAAAAAA`

describe('zip-names', () => {
  it('lists the files, with their paths', () => {
    assert.deepEqual(list(zip(['a.txt', 'folder/b.exe'])), complete('a.txt', 'folder/b.exe'))
    assert.deepEqual(list(zip([])), complete())
  })

  it('lists what Python has packed', () => {
    assert.deepEqual(list(Buffer.from(packedByPython, 'base64')), complete('notes.txt', 'ünïcode.exe'))
  })

  it('finds a name that is in one place only, whichever programs believe in', () => {
    assert.deepEqual(list(zip([{ name: 'a.txt', localName: 'a.exe' }])).names, ['a.txt', 'a.exe'])
    const unicode = Buffer.from('up\x0a\x00\x01\0\0\0\0a.scr', 'latin1')
    assert.deepEqual(list(zip([{ name: 'a.txt', localName: 'a.txt', extra: unicode }])).names, ['a.txt', 'a.scr'])
  })

  it('reads names that are not UTF-8, and leaves out what is invisible', () => {
    assert.deepEqual(list(zip([{ name: Buffer.from('\xe4\x00\n.exe', 'latin1') }])).names, ['ä.exe'])
    assert.deepEqual(list(zip(['a.ex\u202ee'])).names, ['a.exe'])
  })

  it('sees that a password is needed, wherever it stands', () => {
    assert.equal(list(zip(['a.txt', { name: 'b.txt', flags: 1 }])).isEncrypted, true)
  })

  it('is not misled by what stands before and behind the archive', () => {
    const archive = zip(['a.exe'])
    const program = Buffer.concat([Buffer.alloc(5000, 'MZ'), archive])
    assert.deepEqual(list(program), complete('a.exe'))
    const fakeEnd = endOfDirectory({})
    assert.deepEqual(list(zip(['a.exe', 'b.js'], { comment: fakeEnd })), complete('a.exe', 'b.js'))
  })

  it('sees into a stored archive within, and not into a packed one', () => {
    const inner = { name: 'inner.zip', content: zip(['b.exe']) }
    assert.deepEqual(list(zip(['a.txt', inner])).names.toSorted(), ['a.txt', 'b.exe', 'inner.zip'])
  })

  it('says that it does not see everything, when it does not', () => {
    const archive = zip(['a.txt', 'b.txt'])
    assert.equal(list(archive.subarray(0, -22)).isComplete, false)
    assert.equal(list(archive.subarray(0, 40)).isComplete, false)
    const shorter = archive.subarray(100)
    assert.equal(zipNames(shorter, { size: archive.length, most: 1000 }).isComplete, false)
    assert.equal(list(Buffer.concat([archive.subarray(0, -22), endOfDirectory({ count: 3 })])).isComplete, false)
    assert.equal(list(Buffer.concat([archive, endOfDirectory({ count: 65_535, bytes: 0xffffffff })])).isComplete, false)
  })

  it('lists the end of a large archive, if the directory is there', () => {
    const archive = zip([{ name: 'large.bin', content: Buffer.alloc(1000) }, 'a.exe'])
    const end = archive.subarray(-200)
    assert.deepEqual(zipNames(end, { size: archive.length, most: 10 }), complete('large.bin', 'a.exe'))
  })

  it('names one of each extension, when there are very many', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `${index}.class`)
    const { names, isComplete } = list(zip([...many, 'last.exe']), 100)
    assert.equal(names.length, 100)
    assert.ok(names.includes('last.exe'))
    assert.equal(isComplete, true)
    const kinds = Array.from({ length: 101 }, (_, index) => `a.${index}`)
    assert.equal(list(zip(kinds), 100).isComplete, false)
  })

  it('gives up on entries that overlap, quickly', () => {
    const entry = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(24), Buffer.alloc(4, 0xff), Buffer.from('ab.')])
    const started = performance.now()
    const { isComplete } = list(Buffer.alloc(2 * 1024 * 1024, entry))
    assert.equal(isComplete, false)
    assert.ok(performance.now() - started < 2000)
  })
})

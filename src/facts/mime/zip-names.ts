import { cleanFileName, extensionOf } from './file-name.ts'

/** What an archive holds, as far as it says so without being unpacked. */
export interface Archive {
  readonly names: readonly string[]
  readonly isComplete: boolean
  readonly isEncrypted: boolean
}

interface Header {
  readonly signature: Buffer
  /** Where its length, the length of its extra fields and its name stand; flags and method stand side by side. */
  readonly flags: number
  readonly length: number
  readonly name: number
}

// APPNOTE 4.3.12 and 4.3.7: what the directory says of an entry, and what stands before it. Programs believe one or the other.
const inDirectory: Header = { signature: Buffer.from('PK\x01\x02'), flags: 8, length: 28, name: 46 }
const beforeEntry: Header = { signature: Buffer.from('PK\x03\x04'), flags: 6, length: 26, name: 30 }
const endSignature = Buffer.from('PK\x05\x06')
const endBytes = 22
const longestComment = 0xffff
const highestMethod = 99
/** In bytes; of a longer one, the end. */
const longestName = 765
const longestExtra = 1024
const isEncryptedFlag = 0x0001
/** Info-ZIP's field for a name in Unicode, which some programs prefer to the other. */
const unicodePath = Buffer.from('up')

const mostEntries = 20_000

/**
 * The names in a ZIP archive, from its last bytes. No offset, size or count in it is followed: entries are found by their
 * signatures, so that neither a bomb nor a directory that contradicts itself can mislead. Entries of an archive inside
 * are seen, too, when it is stored as it is.
 */
export function zipNames(tail: Buffer, { size, most }: { readonly size: number; readonly most: number }): Archive {
  const { count, start } = claims(tail)
  const directory = entriesOf(tail, inDirectory)
  const local = entriesOf(tail, beforeEntry)
  const entries = [...directory.entries, ...local.entries]
  const names = new Set(entries.flatMap(({ names }) => names))
  const ofEachKind = new Map([...names].map(name => [extensionOf(name), name]))
  const isWhole = tail.length === size || start >= 0
  const areAll = directory.areAll && local.areAll && directory.entries.length >= count
  return {
    // Of too many, one with each extension comes first: that is what is looked for.
    names: (names.size <= most ? [...names] : [...new Set([...ofEachKind.values(), ...names])]).slice(0, most),
    isComplete: isWhole && areAll && ofEachKind.size <= most,
    isEncrypted: entries.some(({ isEncrypted }) => isEncrypted),
  }
}

/** Whether a file ends as a ZIP archive does, whatever it begins with: programs that unpack it look there. */
export function endsAsZip(tail: Buffer): boolean {
  return endsOf(tail).some(at => at + endBytes + tail.readUInt16LE(at + 20) === tail.length)
}

/** The most that any end of the directory says there is: a second one may stand in its comment. */
function claims(tail: Buffer): { readonly count: number; readonly start: number } {
  const ends = endsOf(tail)
  if (ends.length === 0) return { count: Number.POSITIVE_INFINITY, start: 0 }
  return {
    // A directory of 64 bits has its count elsewhere (4.4.1.4), and says here that there are 65,535.
    count: Math.max(...ends.map(at => tail.readUInt16LE(at + 10))),
    start: Math.min(...ends.map(at => at - tail.readUInt32LE(at + 12))),
  }
}

/** Where the end of the directory may stand: behind it comes a comment only. */
function endsOf(tail: Buffer): number[] {
  const from = Math.max(0, tail.length - endBytes - longestComment)
  return [...positions(tail.subarray(from), endSignature)].map(at => from + at).filter(at => at + endBytes <= tail.length)
}

interface Entry {
  readonly names: readonly string[]
  readonly isEncrypted: boolean
}

interface Entries {
  readonly entries: readonly Entry[]
  readonly areAll: boolean
}

function entriesOf(tail: Buffer, header: Header): Entries {
  const entries: Entry[] = []
  let nameBytes = 0
  for (const at of positions(tail, header.signature)) {
    if (!isEntry(tail, at, header)) continue
    nameBytes += Math.min(longestName, tail.readUInt16LE(at + header.length))
    // Only names that overlap are longer than what they stand in.
    if (entries.length === mostEntries || nameBytes > tail.length) return { entries, areAll: false }
    entries.push(readEntry(tail, at, header))
  }
  return { entries, areAll: true }
}

/** Four bytes that look like a signature may be anything: a name, and a method that exists, make it one. */
function isEntry(tail: Buffer, at: number, { flags, length, name }: Header): boolean {
  if (at + name > tail.length) return false
  return tail.readUInt16LE(at + flags + 2) <= highestMethod && tail.readUInt16LE(at + length) > 0
}

function readEntry(tail: Buffer, at: number, { flags, length, name }: Header): Entry {
  const begin = at + name
  const end = begin + tail.readUInt16LE(at + length)
  const extra = tail.subarray(end, end + Math.min(longestExtra, tail.readUInt16LE(at + length + 2)))
  return {
    names: [tail.subarray(begin, end), ...unicodeName(extra)].map(decodedName),
    isEncrypted: (tail.readUInt16LE(at + flags) & isEncryptedFlag) !== 0,
  }
}

function* positions(bytes: Buffer, signature: Buffer): Generator<number> {
  for (let at = bytes.indexOf(signature); at !== -1; at = bytes.indexOf(signature, at + signature.length)) yield at
}

function unicodeName(extra: Buffer): Buffer[] {
  const at = extra.indexOf(unicodePath)
  if (at === -1 || at + 9 > extra.length) return []
  return [extra.subarray(at + 9, at + 4 + extra.readUInt16LE(at + 2))]
}

function decodedName(bytes: Buffer): string {
  const end = bytes.subarray(-longestName)
  const text = end.toString('utf8')
  return cleanFileName(text.includes('\ufffd') ? end.toString('latin1') : text)
}

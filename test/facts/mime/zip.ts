/** What a test says of one file in an archive. The rest is ordinary, and empty. */
export interface ZipEntry {
  readonly name: string | Buffer
  readonly flags?: number
  readonly content?: Buffer
  /** The name before the entry, when it is not the one in the directory. */
  readonly localName?: string
  readonly extra?: Buffer
}

/** What the end of the directory claims. */
interface End {
  readonly count?: number
  readonly bytes?: number
  readonly comment?: Buffer
}

const nothing = Buffer.alloc(0)

/** A ZIP archive of files that are stored as they are (APPNOTE 4.3). */
export function zip(entries: readonly (string | ZipEntry)[], { comment = nothing }: { readonly comment?: Buffer } = {}): Buffer {
  const files = entries.map(entry => (typeof entry === 'string' ? { name: entry } : entry))
  const local = Buffer.concat(files.map(localFile))
  const directory = Buffer.concat(files.map(directoryEntry))
  return Buffer.concat([local, directory, endOfDirectory({ count: files.length, bytes: directory.length, comment })])
}

/** The record at the end, with whatever it is to claim. */
export function endOfDirectory({ count = 0, bytes = 0, comment = nothing }: End): Buffer {
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(bytes, 12)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([end, comment])
}

function localFile({ name, flags = 0, content = nothing, localName }: ZipEntry): Buffer {
  const text = Buffer.from(localName ?? name)
  const header = Buffer.alloc(30)
  header.write('PK\x03\x04', 'latin1')
  header.writeUInt16LE(flags, 6)
  header.writeUInt32LE(content.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(text.length, 26)
  return Buffer.concat([header, text, content])
}

function directoryEntry({ name, flags = 0, content, extra = nothing }: ZipEntry): Buffer {
  const text = Buffer.from(name)
  const header = Buffer.alloc(46)
  header.write('PK\x01\x02', 'latin1')
  header.writeUInt16LE(flags, 8)
  header.writeUInt32LE(content?.length ?? 0, 20)
  header.writeUInt32LE(content?.length ?? 0, 24)
  header.writeUInt16LE(text.length, 28)
  header.writeUInt16LE(extra.length, 30)
  return Buffer.concat([header, text, extra])
}

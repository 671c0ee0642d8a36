import { extensionOf } from './file-name.ts'

/** What a file is by its own first bytes, whatever it is called. */
export type FileKind = (typeof fileKinds)[number]

const archiveKinds = [
  ...['zip', 'rar', '7z', 'gzip', 'bzip2', 'xz', 'zstd', 'tar', 'cab', 'ace', 'lzh'],
  ...['iso', 'vhd', 'vhdx', 'wim', 'tnef'],
] as const

/** What we can tell. */
export const fileKinds = ['executable', ...archiveKinds] as const

const archiveExtensions = new Set([
  ...['zip', 'rar', '7z', 'gz', 'tgz', 'bz2', 'tbz', 'tbz2', 'xz', 'txz', 'zst', 'lz', 'lzma', 'z', 'tar', 'cpio'],
  ...['cab', 'ace', 'arj', 'lha', 'lzh', 'wim', 'iso', 'img', 'udf', 'vhd', 'vhdx', 'dmg', 'jar', 'rpm', 'deb'],
])

interface Magic {
  readonly kind: FileKind
  /** In latin1. */
  readonly bytes: string
  readonly at?: number
}

const magics: readonly Magic[] = [
  { kind: 'executable', bytes: '\x7fELF' },
  { kind: 'executable', bytes: '\xfe\xed\xfa\xce' }, // Mach-O, and below it: 64 bits, the other byte order, several machines
  { kind: 'executable', bytes: '\xfe\xed\xfa\xcf' },
  { kind: 'executable', bytes: '\xce\xfa\xed\xfe' },
  { kind: 'executable', bytes: '\xcf\xfa\xed\xfe' },
  { kind: 'executable', bytes: '\xca\xfe\xba\xbe' }, // Java too
  { kind: 'executable', bytes: 'L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F' }, // a shortcut of Windows: it starts programs
  { kind: 'zip', bytes: 'PK\x03\x04' },
  { kind: 'zip', bytes: 'PK\x05\x06' },
  { kind: 'zip', bytes: 'PK00PK\x03\x04' },
  { kind: 'rar', bytes: 'Rar!\x1a\x07' },
  { kind: '7z', bytes: '7z\xbc\xaf\x27\x1c' },
  { kind: 'gzip', bytes: '\x1f\x8b\x08' },
  { kind: 'bzip2', bytes: '1AY&SY', at: 4 },
  { kind: 'xz', bytes: '\xfd7zXZ\0' },
  { kind: 'zstd', bytes: '\x28\xb5\x2f\xfd' },
  { kind: 'tar', bytes: 'ustar', at: 257 },
  { kind: 'cab', bytes: 'MSCF\0\0\0\0' },
  { kind: 'ace', bytes: '**ACE**', at: 7 },
  { kind: 'iso', bytes: 'CD001', at: 32_769 },
  { kind: 'iso', bytes: 'BEA01', at: 32_769 },
  { kind: 'vhd', bytes: 'conectix' },
  { kind: 'vhdx', bytes: 'vhdxfile' },
  { kind: 'wim', bytes: 'MSWIM\0\0\0' },
  { kind: 'tnef', bytes: '\x78\x9f\x3e\x22' }, // winmail.dat
]

/** The kind of a file, if its first bytes say it. */
export function fileKind(head: Buffer): FileKind | undefined {
  if (isWindowsProgram(head)) return 'executable'
  if (/^-l[hz][\dsd]-$/.test(head.toString('latin1', 2, 7))) return 'lzh'
  return magics.find(({ bytes, at = 0 }) => head.toString('latin1', at, at + bytes.length) === bytes)?.kind
}

/** Whether a file is an archive, by its kind or by one of its names. */
export function isArchive(kind: FileKind | undefined, names: readonly string[]): boolean {
  return archiveKinds.some(archive => archive === kind) || names.some(name => archiveExtensions.has(extensionOf(name)))
}

/** A text may begin with MZ, too, but has no zero in its first line. */
function isWindowsProgram(head: Buffer): boolean {
  const begin = head.toString('latin1', 0, 2)
  return (begin === 'MZ' || begin === 'ZM') && head.subarray(2, 64).includes(0)
}

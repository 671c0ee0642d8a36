import type { DataFault } from '../../src/smtp/data-parser.ts'

interface ReferenceLimits {
  readonly messageBytes: number
  readonly lineBytes: number
  readonly headerBytes: number
  readonly headerFields: number
  readonly continuationLines: number
}

export interface DataOutcome {
  /** Undefined while the end has not come. */
  readonly rest: Buffer | undefined
  readonly content: Buffer
  readonly faults: ReadonlySet<DataFault>
}

/** What a DATA parser must do, byte by byte and without haste: everything at once, nothing clever. */
export function readData(bytes: Buffer, limits: ReferenceLimits, lineEnds: 'strict' | 'repair'): DataOutcome {
  const end = endOfData(bytes)
  // Without an end the last bytes are not decided: they may be the start of it.
  const raw = end === undefined ? bytes : bytes.subarray(0, end)
  const faults = new Set<DataFault>()
  if (raw.includes(0)) faults.add('nul')
  const plain = withoutStuffing(raw)
  if (lineEnds === 'strict') for (const fault of bareLineEnds(raw)) faults.add(fault)
  const content = lineEnds === 'strict' ? plain : repaired(plain)
  for (const fault of measured(content, limits)) faults.add(fault)
  return { rest: end === undefined ? undefined : bytes.subarray(end + 3), content: Buffer.from(content), faults }
}

/** Where the final dot stands: at the start of a line that a CRLF has ended, or at the very start, before CRLF. */
function endOfData(bytes: Buffer): number | undefined {
  for (let i = 0; i + 2 < bytes.length; i++) {
    const atStart = i === 0 || (bytes[i - 2] === 13 && bytes[i - 1] === 10)
    if (atStart && bytes[i] === 46 && bytes[i + 1] === 13 && bytes[i + 2] === 10) return i
  }
  return undefined
}

function withoutStuffing(raw: Buffer): number[] {
  const plain: number[] = []
  for (let i = 0; i < raw.length; i++) {
    const atStart = i === 0 || (raw[i - 2] === 13 && raw[i - 1] === 10)
    if (!(atStart && raw[i] === 46)) plain.push(raw[i] ?? 0)
  }
  return plain
}

function bareLineEnds(raw: Buffer): DataFault[] {
  const faults: DataFault[] = []
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === 10 && raw[i - 1] !== 13) faults.push('bare-lf')
    if (raw[i] === 13 && raw[i + 1] !== 10) faults.push('bare-cr')
  }
  return faults
}

function repaired(plain: readonly number[]): number[] {
  const content: number[] = []
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] === 10 && plain[i - 1] !== 13) content.push(13, 10)
    else if (plain[i] === 13 && plain[i + 1] !== 10) content.push(13, 10)
    else content.push(plain[i] ?? 0)
  }
  return content
}

function measured(content: readonly number[], limits: ReferenceLimits): DataFault[] {
  const faults: DataFault[] = content.length > limits.messageBytes ? ['too-big'] : []
  const lines = splitLines(content)
  if (lines.some(line => line.length > limits.lineBytes)) faults.push('line-too-long')
  const header = headerFault(lines, limits)
  return header ? [...faults, header] : faults
}

function splitLines(content: readonly number[]): number[][] {
  const lines: number[][] = []
  let line: number[] = []
  for (const byte of content) {
    line.push(byte)
    if (byte !== 10) continue
    lines.push(line)
    line = []
  }
  return line.length ? [...lines, line] : lines
}

function headerFault(lines: readonly number[][], limits: ReferenceLimits): DataFault | undefined {
  let [bytes, fields, continuations] = [0, 0, 0]
  for (const line of lines) {
    if (line[0] === 13 || line[0] === 10) return undefined
    if (line[0] === 32 || line[0] === 9) {
      if (fields === 0) return 'begins-with-space'
      continuations++
    } else {
      fields++
      continuations = 0
    }
    bytes += line.length
    if (fields > limits.headerFields) return 'too-many-fields'
    if (continuations > limits.continuationLines) return 'field-too-long'
    if (bytes > limits.headerBytes) return 'header-too-big'
  }
  return undefined
}
